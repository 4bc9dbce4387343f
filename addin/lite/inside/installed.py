"""For workbooks that ask for the package in requirements.txt: every function, ready for ``main.py`` to import."""

from xlwings import func

from tokenbook.addin.lite.inside.host import cell
from tokenbook.udfs.functions import about, registry

about.host = "xlwings Lite"
FUNCTIONS = {name: func(cell(function.body)) for name, function in registry().items()}
globals().update(FUNCTIONS)
