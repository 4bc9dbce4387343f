"""What an auditor asks of a workbook: recalculated, compared with what the file says, and read formula by formula.

``audit`` reads a workbook, ours or anyone's, and gives a ``Report`` of categories with findings; it never writes.
``formula`` reads one formula, ``rows`` compares the formulas of a row, ``book`` holds what the file says, ``results``
compares it with the engine, ``structure`` looks at what surrounds the cells, ``report`` puts it together.
README.md says what each category means and where its limits are.
"""

from tokenbook.templates.audit.report import Category, Finding, Report, audit

__all__ = ["Category", "Finding", "Report", "audit"]
