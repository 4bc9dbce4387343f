"""Freezing a workbook for readers without the add-in, and thawing it again.

``freeze`` turns the formulas that call our functions into their values and keeps the formulas inside the file;
``thaw`` puts them back. What is kept lives in hidden defined names, because they are the one thing that Excel and
LibreOffice both keep when they save (LibreOffice drops custom XML parts and unhides the names, no more), and because
a name follows its cell when rows or columns are inserted:

    _tb_frozen_cell_7   where frozen cell (or spilled range) 7 is now
    _tb_frozen_ref_12   where the range is now to which reference 12 of the frozen formulas leads
    _tb_frozen_data_1   the record: formulas, values and XML of the cells, compressed, as text constants

In a file that nobody saved in between every part comes back byte for byte. After a save, formulas are written anew
at the place where their cells are, with references that follow what was moved.
"""

from tokenbook.templates.sharing.errors import SharingError as SharingError
from tokenbook.templates.sharing.freezing import Frozen as Frozen
from tokenbook.templates.sharing.freezing import freeze as freeze
from tokenbook.templates.sharing.thawing import Thawed as Thawed
from tokenbook.templates.sharing.thawing import thaw as thaw
