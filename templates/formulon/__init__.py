"""The engine formulon, with our functions in its cells.

``compiled`` (its module, compiled once), ``bulk`` and ``inside`` (many cells at a time), ``calls`` (our calls in a
formula), ``slots`` and ``ours`` (calling them), ``model`` (a workbook: ``Book``), ``choose`` (which engine may
calculate what is asked).

Nothing is imported here: the engine takes longer to load than most that ``choose`` is asked.
"""
