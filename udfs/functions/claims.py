"""Claims: what vendors say, and what it implies."""

from typing import Annotated, Any

import numpy as np

from tokenbook.udfs import catalog
from tokenbook.udfs.functions.arguments import Number
from tokenbook.udfs.functions.baselines import catalogue
from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.errors import NA, CellError
from tokenbook.udfs.functions.quantities import Grid, Numbers, UtilizationDivisor, WordRange, word
from tokenbook.udfs.kernels import earnings

ClaimedThroughput = Annotated[Numbers | None, Number(low=0, divisor=True, meaning="tokens per second per GPU")]
NO_THROUGHPUT = float("nan")


@excel_function("Baselines", shape="lookup")
def tok_claim(id: WordRange, field: WordRange = "statement") -> Any:
    """What a vendor claims, under which conditions, what is missing, who says it differently, what was measured.

    Parameters
    ----------
    id : text or range, id of a claim
        Such as "15x", "35x", "two-cents"; TOK_CLAIMS() lists them.
    field : text or range, name of a field
        statement (if omitted), claimant, qualifier, platform, model, conditions, missing, disagreements, measured,
        sources, or a figure of the claim such as multiple or implied_usd_per_mtok.

    Returns
    -------
    text or number, or a range of them.

    Errors
    ------
    #VALUE! a blank id, ranges of different size
    #N/A unknown claim or field

    Formula
    -------
    Implied figures are recomputed from the claim's own figures, see TOK_CLAIM_AUDIT.

    Source
    ------
    The catalogue; the field sources names the texts.

    Example
    -------
    =TOK_CLAIM("15x", "implied_usd_per_mtok") -> 1.10103
    =TOK_CLAIM("15x", "platform") -> "GB200 NVL72"
    """
    with catalogue():
        return catalog.claims.get(word(id)).field(word(field))


@excel_function("Baselines", shape="table")
def tok_claims() -> Grid:
    """The vendor claims that the catalogue examines.

    Returns
    -------
    range, a table with a header: id, platform, model, statement.

    Errors
    ------
    #VALUE! an argument was given

    Formula
    -------
    None: a list.

    Source
    ------
    The catalogue.

    Example
    -------
    =INDEX(TOK_CLAIMS(), 2, 1) -> "15x"
    """
    return [
        ["id", "platform", "model", "statement"],
        *([claim.id, claim.platform, claim.model, claim.statement] for claim in catalog.claims.list()),
    ]


@excel_function("Baselines", shape="table")
def tok_claim_audit(
    investment: Annotated[Numbers, Number(low=0, divisor=True, meaning="USD")],
    revenue: Annotated[Numbers, Number(low=0, meaning="USD")],
    gpus: Annotated[Numbers, Number(low=0, divisor=True, meaning="GPUs")],
    years: Annotated[Numbers, Number(low=0, divisor=True, meaning="years of 8,760 hours")],
    tok_s_per_gpu: ClaimedThroughput = None,
    utilization: UtilizationDivisor = 1.0,
) -> Grid:
    """What a claim "invest this, earn that" implies about prices, rates and costs.

    Parameters
    ----------
    investment : number, USD
        Money put in over the whole time.
    revenue : number, USD
        Token revenue over the whole time, gross.
    gpus : number, GPUs
        Number of GPUs.
    years : number, years
        Length of the time, in years of 8,760 hours.
    tok_s_per_gpu : number, tok/s per GPU
        Throughput claimed or measured, of total (input plus output) or of output tokens; without it everything per
        token is #N/A.
    utilization : number, share 0 to 1
        Share of the hours sold at that throughput; 1 if omitted.

    Returns
    -------
    range, a table of two columns: mtok, implied_usd_per_mtok, implied_usd_per_gpu_hour, implied_cost_usd_per_mtok,
    revenue_multiple, net_roi.

    Errors
    ------
    #VALUE! text, a blank or a range where a number belongs
    #NUM! a negative number, a utilization outside 0 to 1
    #DIV/0! zero investment, GPUs, years, throughput or utilization
    #N/A a figure per token without a throughput

    Formula
    -------
    mtok = gpus x tok_s_per_gpu x 0.0036 x 8760 x years x utilization; price = revenue / mtok; rate = investment /
    (gpus x 8760 x years); cost = investment / mtok; multiple = revenue / investment; net ROI is one less

    Source
    ------
    Arithmetic. The example is NVIDIA's "5 M USD of GB200 NVL72 earn 75 M USD" (blog of 2025-10-09).

    Example
    -------
    =INDEX(TOK_CLAIM_AUDIT(5000000, 75000000, 72, 3, 10000), 2, 2) -> 1.10103
    =INDEX(TOK_CLAIM_AUDIT(5000000, 75000000, 72, 3, 10000), 6, 2) -> 14
    """
    throughput = NO_THROUGHPUT if tok_s_per_gpu is None else tok_s_per_gpu
    audit = earnings.claim_audit(investment, revenue, gpus, years, throughput, utilization)
    unknown = CellError(NA, "tok_s_per_gpu: is needed for this figure")
    return [[name, float(value) if np.isfinite(value) else unknown] for name, value in audit._asdict().items()]
