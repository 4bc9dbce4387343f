"""What travels in a workbook beside our functions: the importer, how Lite calls them, the figures, the scripts.

Some of these modules take the place of those that need a file system (``modules.INSTEAD``). Nothing on the desktop
imports them but ``source``, the tests, and ``installed``, which serves workbooks that ask for the package instead.
"""
