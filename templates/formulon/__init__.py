"""The engine formulon, with our functions in its cells.

``compiled`` (its module, compiled once), ``bulk`` and ``inside`` (many cells at a time), ``calls`` (our calls in a
formula), ``slots`` and ``ours`` (calling them), ``mended`` (what it reads wrong), ``model`` (a workbook: ``Book``),
``choose`` and ``residuals`` (which engine may calculate what is asked), ``areas`` (what references stand for).

Nothing is imported here: the engine takes longer to load than most that ``choose`` is asked.
"""
