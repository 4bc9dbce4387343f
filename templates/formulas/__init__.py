"""Reading formulas: what a formula calls, which cells it reads, what depends on it. README.md says what belongs here.

Imports nothing of this house but ``ooxml``. From the bottom: ``tokens`` (the one place that takes a formula's text
apart), ``references`` (A1 notation and areas), ``structured`` (tables), ``names``, ``reader`` (the cells that a formula
refers to), ``workbook`` (all formulas of a workbook, each read once), ``dependents`` and ``precedents`` (forward and
backward), ``glance`` (whether anything depends at all), ``places`` (cells by name), ``stored_calls`` (calls of ours).
"""
