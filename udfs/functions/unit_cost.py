"""Unit cost: what a million tokens, a request, a rack and a megawatt cost and earn."""

from udfs.functions.arguments import Number
from udfs.functions.declare import excel_function
from udfs.kernels import unit_cost

Rate = Number(low=0, meaning="USD per GPU-hour")
Throughput = Number(low=0, divisor=True, meaning="tokens per second per GPU")
Utilization = Number(low=0, high=1, divisor=True, meaning="share of capacity, 0 to 1")


@excel_function("Unit cost")
def tok_cost(usd_per_gpu_hour: Rate, tok_s_per_gpu: Throughput, utilization: Utilization = 1.0):
    """Cost of one million tokens.

    Say which tokens: the throughput decides. With total throughput (input plus output) the cost is per million
    total tokens, with output throughput per million output tokens.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate. Owning and rental tiers contain electricity already: do not add it again.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load.
    utilization : number or range, share 0 to 1
        Share of the paid hours in which that throughput is sold; 1 if omitted.

    Returns
    -------
    number or range, USD per million tokens, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative rate or throughput, a utilization outside 0 to 1
    #DIV/0! zero throughput or zero utilization

    Formula
    -------
    usd_per_gpu_hour / (tok_s_per_gpu x 0.0036 x utilization)

    Source
    ------
    The identity that NVIDIA, SemiAnalysis InferenceX and Artificial Analysis all use; 0.0036 is 3,600 s over 1e6.

    Example
    -------
    =TOK_COST(1.95, 28012.9) -> 0.0193361
    """
    return unit_cost.cost_per_mtok(usd_per_gpu_hour, tok_s_per_gpu, utilization)
