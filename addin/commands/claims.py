"""``claims``: what vendors say, how it must be read, and what was measured."""

from __future__ import annotations

from collections.abc import Iterable

from tokenbook.addin.commands import show
from tokenbook.addin.commands.texts import number, print_grid, print_team, print_text
from tokenbook.udfs.catalog import Baseline

INDENT = 2


def list_claims(*, as_json: bool = False) -> None:
    """Print every claim with how it must be read."""
    from tokenbook.udfs.catalog import claims

    _team_rows()  # a team catalogue that cannot be read is an error here too
    if as_json:
        show.as_json([claim.as_dict() for claim in claims.list()])
        return
    rows = [[claim.id, claim.statement, claim.qualifier] for claim in claims.list()]
    show.table("What vendors claim", ["Claim", "What is said", "How it must be read"], rows, left=3)
    print_text("tokenbook claims CLAIM shows one whole: conditions, gaps, measurements and what it implies.")


def show_claim(name: str, *, as_json: bool = False) -> None:
    """Print one claim: words, conditions, gaps, contradictions, measurements, figures and what they imply."""
    from tokenbook.udfs.catalog import claims

    claim = claims.get(name)
    own = [row for row in _team_rows() if row.platform == claim.platform and row.model in ("", claim.model)]
    if as_json:
        show.as_json(claim.as_dict() | {"team_figures": [row.as_dict() for row in own]})
        return
    print_text(f"{claim.id}: {claim.statement}", style="bold")
    print_text(", ".join(part for part in (claim.claimant, claim.platform, claim.model) if part))
    _section("How it must be read", [claim.qualifier])
    _section("Conditions", [claim.conditions])
    _section("Not stated", claim.missing, bullet=True)
    _section("Said differently", claim.disagreements, bullet=True)
    _section("Measured", claim.measured, bullet=True)
    _figures(
        "Figures as claimed",
        [
            (row.value, row.unit, ", ".join(part for part in (row.metric, row.platform, row.qualifier) if part))
            for row in claim.figures
        ],
    )
    _figures(
        "What follows from them", [(each.value, each.unit, f"{each.name}: {each.how}") for each in claim.recomputed]
    )
    if own:
        _figures(
            f"The team's own figures for {claim.platform}",
            [(row.value, row.unit, f"{row.metric}, {row.words or row.source}, as of {row.as_of}, team") for row in own],
        )
    _section("Sources", claim.sources, bullet=True)
    if own:
        show.console.print()
        print_team(row.as_dict() for row in own)


def _team_rows() -> list[Baseline]:
    from tokenbook.udfs import catalog

    return [row for row in catalog.active() if row.is_team] if catalog.place() else []


def _section(title: str, texts: Iterable[str], *, bullet: bool = False) -> None:
    texts = [text for text in texts if text]
    if not texts:
        return
    show.console.print()
    print_text(title, style="bold")
    if bullet:
        print_grid(("", ""), [["  -", text] for text in texts], (INDENT + 1, None), header=False)
    else:
        for text in texts:
            print_text(text, indent=INDENT)


def _figures(title: str, figures: list[tuple[float, str, str]]) -> None:
    if not figures:
        return
    show.console.print()
    print_text(title, style="bold")
    rows = [[number(value), unit, what] for value, unit, what in figures]
    widths = (max(len(row[0]) for row in rows), max(len(row[1]) for row in rows), None)
    print_grid(("Value", "Unit", "What"), rows, widths, header=False)
