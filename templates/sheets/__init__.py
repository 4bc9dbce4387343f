"""The sheet grammar and the house style.

A workbook is declared as data: inputs (``inputs.Input``), rows of time sheets in blocks (``rows.Row``), checks, charts.
The grammar places them, compiles formulas written with row names into A1 references, and writes cells, names, styles,
validations, charts and print set-up through openpyxl. Adding a row to a model is one line in one place.
"""
