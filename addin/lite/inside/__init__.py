"""What travels in a workbook beside our functions: how Lite calls them, the tables of figures, the scripts.

These modules take the place of those that need a file system (``source.INSTEAD``). Nothing on the desktop imports
them but the tests, and ``installed``, which serves workbooks that ask for the package instead of carrying the source.
"""
