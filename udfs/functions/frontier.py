"""Frontier: throughput against the speed that a user sees, and the cost at a point on it."""

from typing import Annotated, TypeAlias

import numpy as np

from tokenbook.udfs.functions.arguments import Number
from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.errors import NA
from tokenbook.udfs.functions.quantities import Answer, Curve, GpuHourRate, Numbers, Points, array
from tokenbook.udfs.kernels import frontier

Target: TypeAlias = Annotated[Numbers, Number(low=0, meaning="tokens per second per user")]


@excel_function("Frontier", shape="curve")
def tok_frontier(interactivity: Points, throughput: Points) -> Curve:
    """The Pareto front of measured points: those that no other point beats in both speed and throughput.

    Parameters
    ----------
    interactivity : range, tok/s per user
        Speed that a user sees at each point (1 / TPOT).
    throughput : range, tok/s per GPU
        Throughput of a GPU at each point.

    Returns
    -------
    range, tok/s per user and tok/s per GPU: a pair of columns, slowest user first, if a range ran down a column,
    otherwise a pair of rows.

    Errors
    ------
    #VALUE! text or a blank in a range, ranges of different length
    #NUM! a negative value

    Formula
    -------
    keep a point if no other has at least its interactivity and at least its throughput

    Source
    ------
    The upper-left front that the SemiAnalysis InferenceX dashboard draws.

    Example
    -------
    =TOK_FRONTIER({20; 50; 60; 100}, {12000; 7000; 8000; 1000}) -> {20, 12000; 60, 8000; 100, 1000}
    """
    front = frontier.pareto(interactivity, throughput)
    return np.array([array(interactivity)[front], array(throughput)[front]])


@excel_function("Frontier", no_answer=NA)
def tok_throughput_at(target: Target, interactivity: Points, throughput: Points) -> Answer:
    """Throughput per GPU at a speed per user, read off the measured frontier.

    Parameters
    ----------
    target : number or range, tok/s per user
        Speed that a user must see.
    interactivity : range, tok/s per user
        Speed at each measured point.
    throughput : range, tok/s per GPU
        Throughput at each measured point.

    Returns
    -------
    number or range, tok/s per GPU, in the size of target.

    Errors
    ------
    #VALUE! text or a blank in a range, ranges of different length
    #NUM! a negative value
    #N/A a target outside the measured range: nothing is extrapolated

    Formula
    -------
    monotone cubic (Steffen) through the Pareto front of the points, not below 0

    Source
    ------
    M. Steffen, A simple method for monotonic interpolation in one dimension, Astronomy and Astrophysics 239 (1990); as
    the InferenceX dashboard.

    Example
    -------
    =TOK_THROUGHPUT_AT(100, {50; 100; 200}, {9000; 4000; 500}) -> 4000
    =TOK_THROUGHPUT_AT(250, {50; 100; 200}, {9000; 4000; 500}) -> #N/A
    """
    return frontier.throughput_at(target, interactivity, throughput)


@excel_function("Frontier", no_answer=NA)
def tok_cost_at(usd_per_gpu_hour: GpuHourRate, target: Target, interactivity: Points, throughput: Points) -> Answer:
    """Cost of a million tokens at a speed per user, from the throughput on the measured frontier.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate.
    target : number or range, tok/s per user
        Speed that a user must see.
    interactivity : range, tok/s per user
        Speed at each measured point.
    throughput : range, tok/s per GPU
        Throughput at each measured point.

    Returns
    -------
    number or range, USD per Mtok of the tokens that the throughput counts, in the size to which rate and target
    broadcast.

    Errors
    ------
    #VALUE! text or a blank in a range, ranges of different length
    #NUM! a negative value
    #N/A a target outside the measured range, or a throughput of 0 there

    Formula
    -------
    usd_per_gpu_hour / (TOK_THROUGHPUT_AT(target, interactivity, throughput) x 0.0036)

    Source
    ------
    As the InferenceX dashboard: cost is computed from the interpolated throughput, not interpolated itself.

    Example
    -------
    =TOK_COST_AT(2.21, 100, {50; 100; 200}, {9000; 4000; 500}) -> 0.153472
    """
    return frontier.cost_at(usd_per_gpu_hour, target, interactivity, throughput)
