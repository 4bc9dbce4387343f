"""The figures that a workbook carries, as tables of text: ``main.py`` fills them in, further below."""

VERSION = ""
CATALOGUE_DATE = ""  # of the whole catalogue, also where a part of it travels
TABLES: dict[str, str] = {}
