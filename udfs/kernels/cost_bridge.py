"""What moved the cost per Mtok from one quarter to the next: rate, throughput, utilisation or mix."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tokenbook.udfs.kernels.ratios import Floats, ratio
from tokenbook.udfs.kernels.unit_cost import cost_per_mtok

BRIDGE = ("before", "rate", "throughput", "utilization", "mix", "after")  # columns of `cost_bridge`


def cost_bridge(before: ArrayLike, after: ArrayLike) -> Floats:
    """How rate, throughput, utilisation and mix moved the cost per Mtok from one quarter to the next.

    Parameters
    ----------
    before, after : array_like, shape (3), or (..., segments, 3 or 4)
        Per segment (a model, a platform, a site): USD per GPU-hour, tok/s per GPU, utilization, and with
        several segments their share of the tokens, or the tokens themselves. Same segments, same order.

    Returns
    -------
    ndarray, shape (6) or (..., 6)
        USD per Mtok: cost before, effects of rate, throughput, utilization and mix, cost after (`BRIDGE`).
        The first five add up to the last.

    Raises
    ------
    ValueError
        Shapes that differ, other than 3 or 4 columns, several segments without a share.

    Notes
    -----
    Cost is ``C = sum over segments of share x rate / (throughput x 0.0036 x utilization)``. Changing one
    factor after the other would also add up, but each order tells another story (n! of them), and "one factor
    at a time" leaves a rest. The logarithmic mean Divisia index, additive LMDI-I, has neither flaw: with
    ``L(a, b) = (a - b) / ln(a / b)``, a factor x that enters segment s as a product has the effect
    ``sum of L(C_s after, C_s before) x ln(x_s after / x_s before)``. The logs of the factors add up to
    ``ln(C_s after / C_s before)``, hence no rest; no order is chosen; swapping before and after flips all
    signs; splitting a segment into equal halves changes nothing. A segment that appears or vanishes is all
    mix, the limit of L. B. W. Ang, The LMDI approach to decomposition analysis, Energy Policy 33 (2005).

    Examples
    --------
    The rate falls 11 %, throughput rises fivefold:

    >>> cost_bridge([1.95, 5600, 0.8], [1.73, 28_000, 0.8]).round(4).tolist()
    [0.1209, -0.0069, -0.0926, 0.0, 0.0, 0.0215]
    """
    before, after = _segments(before), _segments(after)
    if before.shape != after.shape:
        raise ValueError(f"before {before.shape} and after {after.shape} are not the same segments")
    share_before, cost_before = _share_and_cost(before)
    share_after, cost_after = _share_and_cost(after)
    with np.errstate(all="ignore"):
        rate, throughput, utilization = np.moveaxis(np.log(after[..., :3] / before[..., :3]), -1, 0)
        mix = np.log(share_after / share_before)
        change = rate - throughput - utilization + mix
        both = (share_before > 0) & (share_after > 0)
        # L of two numbers a e^(+-x/2) is a sinh(x/2) / (x/2): exact also where they are nearly equal.
        half = np.where(change == 0, 1.0, 0.5 * change)
        mean = np.sqrt(cost_before) * np.sqrt(cost_after)
        mean = mean * np.where(change == 0, 1.0, np.sinh(half) / half)
        effects = [np.where(both, mean * effect, 0.0) for effect in (rate, -throughput, -utilization)]
        effects.append(np.where(both, mean * mix, cost_after - cost_before))
        columns = [cost_before, *effects, cost_after]
        bridge = np.stack([column.sum(axis=-1) for column in columns], axis=-1)
    return np.where(np.isfinite(bridge).all(axis=-1, keepdims=True), bridge, np.nan)


def _segments(values: ArrayLike) -> Floats:
    table = np.asarray(values, float)
    if table.ndim == 1:
        table = table[None, :]
    if table.shape[-1] not in (3, 4):
        raise ValueError(f"{table.shape[-1]} columns: rate, throughput, utilization and a share are 3 or 4")
    if table.shape[-1] == 3 and table.shape[-2] > 1:
        raise ValueError("several segments need a fourth column, their share of the tokens")
    return table


def _share_and_cost(segments: Floats) -> tuple[Floats, Floats]:
    """Share of the tokens, and the part of the cost per Mtok, of each segment."""
    shares = segments[..., 3] if segments.shape[-1] == 4 else np.ones(segments.shape[:-1])
    share = np.broadcast_to(ratio(shares, shares.sum(axis=-1, keepdims=True)), shares.shape)
    share = np.where(share >= 0, share, np.nan)
    cost = cost_per_mtok(segments[..., 0], segments[..., 1], segments[..., 2])
    # A segment without tokens costs nothing, whatever stands in its row.
    return share, np.where(share == 0, 0.0, share * np.where(cost > 0, cost, np.nan))
