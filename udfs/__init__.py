"""What a cell can call: kernels (numpy), the baselines catalogue, and the Excel functions built on them.

Every Excel function is importable from here under its Python name::

    >>> import udfs
    >>> round(udfs.tok_cost(1.95, 28012.9), 4)
    0.0193

Names are resolved on first use, so that ``import udfs`` costs nothing.
"""


def __getattr__(name: str):
    if name.startswith("tok_"):
        from udfs.functions import registry

        if name in registry():
            return registry()[name].call
    raise AttributeError(f"module 'udfs' has no function {name!r}")


def __dir__():
    from udfs.functions import registry

    return sorted([*globals(), *registry()])
