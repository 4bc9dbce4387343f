"""The figures that this workbook carries, as tables of text. Columns as in the catalogue of Tokenbook; sources and
qualifiers are listed once and referred to by number, units are those of the metric."""

VERSION = ""
CATALOGUE_DATE = ""
TABLES: dict[str, str] = {}
