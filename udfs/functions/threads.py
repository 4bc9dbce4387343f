"""Large simulations on all processors, for hosts that have threads. The source in a Lite workbook goes without."""

import os
from concurrent.futures import ThreadPoolExecutor

from udfs.functions import risk


def use() -> None:
    """From now on simulations of many trials use a thread for each processor; the figures stay the same."""
    risk.spread = spread


def spread(work, items):
    """As `map`, with a thread for each processor."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))
