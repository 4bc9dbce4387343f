"""Classic xlwings: an add-in file for Excel on Windows whose cells and buttons call this Python.

``vba`` writes the VBA from the registry, ``xlam`` the file, ``place`` puts it where Excel starts it; ``functions`` is
what cells call, ``ribbon`` what the buttons call.
"""
