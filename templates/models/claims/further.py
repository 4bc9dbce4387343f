"""Claims without an audit written by hand: inputs, native formulas, verdict and checks from their entry in claims.toml.

A claim that somebody appends to the catalogue stands in the workbook like the others: its figures on Inputs, each recipe
as a formula on the sheet "Further claims", a row on Claims, the same figures through TOK_CLAIM on Panels and Checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tokenbook.templates.models.claims.audits import HOURS, MTOK_HOUR
from tokenbook.templates.models.claims.inputs import Figure, Group, stated
from tokenbook.templates.models.claims.verdicts import CLAIMS_JUDGED, Judged
from tokenbook.templates.sheets.grid import Grid
from tokenbook.templates.sheets.rows import Ingredient, Line, Row
from tokenbook.udfs import catalog
from tokenbook.udfs.catalog.claims import Claim, named

PAGE = "Further claims"
SUBTITLE = "Claims of the catalogue by their recipes: the figures as stated, and what follows from them."
UNITS = {  # unit of the catalogue: unit and number format of the workbook
    "USD": ("USD", "usd"), "USD/Mtok": ("USD per Mtok", "usd_per_mtok"), "USD/GPU-h": ("USD per GPU-hour", "usd_rate"),
    "USD/GPU": ("USD per GPU", "usd"), "USD/rack": ("USD per rack", "usd"), "GPU": ("GPUs", "count"),
    "tok/s/MW": ("tok/s per MW", "count"), "x": ("times", "multiple"), "share": ("share", "share"), "months": ("months", "months"),
}  # fmt: skip
CHEAP = ("USD/Mtok", "USD/GPU-h")  # a claim in these flatters by being low
GROSS = ("claimed_revenue_usd", "claimed_revenue_multiple")  # metrics of revenue, which is not a return
DIGITS = {"usd_per_mtok": 4, "usd_rate": 2, "usd": 0}

_COST = "{rate}/({throughput}" + MTOK_HOUR + ")"
_COST_BEFORE = "{rate_before}/({throughput_before}" + MTOK_HOUR + ")"
_MTOK = "{gpus}*{years}*" + HOURS + "*{throughput}" + MTOK_HOUR
# The recipes of `catalog.recipes` in native formulas: for each figure that a recipe gives, in its order.
NATIVE = {
    "money": {
        "implied_trillion_tokens": f"={_MTOK}/{{inputs.tokens_per_mtok}}",
        "implied_usd_per_mtok": f"={{revenue}}/({_MTOK})",
        "implied_usd_per_gpu_hour": "={investment}/({gpus}*{years}*" + HOURS + ")",
        "implied_cost_usd_per_mtok": f"={{investment}}/({_MTOK})",
        "revenue_multiple": "={revenue}/{investment}",
        "net_roi": "=({revenue}-{investment})/{investment}",
    },
    "cost": {"cost_usd_per_mtok": "=" + _COST},
    "cost_ratio": {"cost_ratio": f"=({_COST_BEFORE})/({_COST})"},
    "per_mw_ratio": {"per_mw_ratio": "=({throughput}/{kw})/({throughput_before}/{kw_before})"},
    "ratio": {"ratio": "={over}/{under}"},
    "measured": {"measured": "={row}"},
}


@dataclass(frozen=True, slots=True)
class Again:
    """A figure that TOK_CLAIM gives too: claim, its name there, the native cell, label and number format."""

    claim: str
    figure: str
    native: str
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Further:
    """What the workbook has of one claim."""

    group: Group
    grid: Grid
    judged: Judged
    again: tuple[Again, ...]


def further(known: Sequence[Claim]) -> tuple[Further, ...]:
    """The claims that no audit is written for, in the order of the catalogue."""
    by_hand = {judged.id for judged in CLAIMS_JUDGED}
    others = [claim for claim in known if claim.id not in by_hand]
    return tuple(_further(claim, f"more{n}") for n, claim in enumerate(others, 1))


def all_judged(more: Sequence[Further]) -> tuple[Judged, ...]:
    """Every claim of the overview; those that are a number of times stand last, as the chart shows them."""
    return tuple(sorted((*CLAIMS_JUDGED, *(each.judged for each in more)), key=lambda judged: judged.kind == "multiple"))


def _further(claim: Claim, key: str) -> Further:
    inputs = _inputs(claim, key)
    names = {row.id: name for name, row in inputs.items()}
    lines: list[Line] = [Ingredient(name) for name in inputs]
    again: list[Again] = []
    cells: dict[str, list[tuple[str, str]]] = {"own": [], "measured": [], "": []}  # role: (unit, native cell)
    for each in claim.followed:
        native = NATIVE[each.step.recipe]
        taken = {argument: "{" + names[row.id] + "}" for argument, row in each.rows.items()}
        # A recipe of one figure gives it the name of the step; one of several has the names of the table.
        formulas = native if len(native) > 1 else {figure.name: next(iter(native.values())) for figure in each.figures}
        for figure in each.figures:
            unit, kind = shown_unit(figure.unit)
            formula = _filled(formulas[figure.name], taken)
            lines.append(Row(figure.name, _words(figure.name), unit, formula, kind, note=figure.how))
            cell = f"{{{key}_1.{figure.name}}}"
            again.append(Again(claim.id, figure.name, cell, f"{claim.title}: {_words(figure.name)}", kind))
            cells[each.step.role].append((figure.unit, cell))
    figures = tuple(_figure(name, row, claim) for name, row in inputs.items())
    grid = Grid(key, f"{claim.title}: {claim.claimant}", ("Figure",), tuple(lines), f"{key}_#")
    return Further(Group(key, claim.title, (), figures), grid, _judged(claim, names, cells), tuple(again))


def _inputs(claim: Claim, key: str) -> dict[str, catalog.Baseline]:
    """The rows of a claim by the name of their input: those that it states, and those that its recipes take."""
    rows: dict[str, catalog.Baseline] = {}
    wanted = [(named(row), row) for row in claim.figures]
    wanted += [(argument, row) for each in claim.followed for argument, row in each.rows.items()]
    for argument, row in wanted:
        if any(row.id == other.id for other in rows.values()):
            continue
        name, n = f"{key}_{argument}", 1
        while name in rows:
            n += 1
            name = f"{key}_{argument}_n{n}"
        rows[name] = row
    return rows


def _figure(name: str, row: catalog.Baseline, claim: Claim) -> Figure:
    unit, kind = shown_unit(row.unit)
    label = _words(name.split("_", 1)[1].split("_n")[0])
    if row not in claim.figures:
        label = f"{label}: {', '.join(part for part in (row.platform, row.tier, row.as_of) if part)}"
    return stated(name, label, unit, kind, row.id)


def _judged(claim: Claim, names: Mapping[str, str], cells: Mapping[str, list[tuple[str, str]]]) -> Judged:
    """The row of the overview: only figures in the unit of what is stated are held against it."""
    row = claim.stated
    if row is None:
        return Judged(claim.id, claim.title, "", "general", "", opening='="Stated in words alone."')
    unit, kind = shown_unit(row.unit)
    own, measured = ([cell for of, cell in cells[role] if of == row.unit] for role in ("own", "measured"))
    span = ",".join(measured)
    said = "{inputs." + names[row.id] + "}"
    return Judged(
        claim.id,
        claim.title,
        unit,
        kind,
        f"={said}",
        own=f"={own[0]}" if own else "",
        lowest=f"=MIN({span})" if measured else "",
        highest=f"=MAX({span})" if measured else "",
        better="less" if row.unit in CHEAP else "more",
        multiple=row.metric in GROSS,
        opening=_sentence(said, own, span, unit, DIGITS.get(kind, 2)),
    )


def _sentence(said: str, own: Sequence[str], span: str, unit: str, digits: int) -> str:
    """The figures in a sentence that writes itself; FIXED, which every locale reads alike."""
    parts = [f'"It states "&FIXED({said},{digits})&" {unit}. "']
    if own:
        parts.append(f'"Its own figures give "&FIXED({own[0]},{digits})&". "')
    if span:
        parts.append(f'"Measured: "&FIXED(MIN({span}),{digits})&" to "&FIXED(MAX({span}),{digits})&"."')
    return "=" + "&".join(parts)


def shown_unit(unit: str) -> tuple[str, str]:
    """Unit and number format of the workbook for a unit of the catalogue."""
    return UNITS.get(unit, (unit.replace("/", " per ", 1).replace("tok per s/", "tok/s per "), "number"))


def _filled(formula: str, taken: Mapping[str, str]) -> str:
    for argument, name in taken.items():
        formula = formula.replace("{" + argument + "}", name)
    return formula


def _words(name: str) -> str:
    """A name of figures as a label: "implied_usd_per_mtok" is "Implied USD per Mtok"."""
    text = name.replace("_", " ")
    for word, spelled in (("usd", "USD"), ("mtok", "Mtok"), ("gpu hour", "GPU-hour"), ("mw", "MW"), ("kw", "kW"), ("roi", "ROI")):
        text = " ".join(text.replace(f" {word} ", f" {spelled} ") for text in [f" {text} "]).strip()
    return text[0].upper() + text[1:]
