"""``check``: what an auditor asks of a workbook, one line for each question, then what was found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tokenbook.addin.commands import show

if TYPE_CHECKING:
    from tokenbook.templates.audit import Category, Report

FIRST_FINDINGS = 10  # of each kind, without --all
WIDEST_FORMULA = 160  # characters shown of a formula
FAILED, FINE = 1, 0


def check(book: Path, *, everything: bool, as_json: bool) -> int:
    """Audit a workbook and print what was found; the exit code says whether a check fails or a cell holds an error."""
    from tokenbook.templates.audit import audit

    with show.progress() as progress:
        task = progress.add_task("reading")
        report = audit(book, progress=lambda step: progress.update(task, description=step))
    if as_json:
        show.as_json(_data(report))
    else:
        _print(report, everything)
    return FAILED if report.failed else FINE


def _print(report: Report, everything: bool) -> None:
    line = _line
    sheets = "1 sheet" if report.sheets == 1 else f"{report.sheets} sheets"
    line(f"{report.path.name}: {report.formulas:,} formulas on {sheets}, {report.seconds:.1f} s")
    if report.refusal:
        line(f"Not recalculated: {report.refusal}. What follows goes by the values in the file.")
    width = max(len(category.title) for category in report.categories)
    for category in report.categories:
        line(f"  {category.title:{width}}  {_summary(category)}")
    for category in report.categories:
        facts = category.facts if everything else []
        if not category.findings and not facts:
            continue
        line("")
        line(category.title)
        for fact in facts:
            line(f"  {fact}")
        shown = category.findings if everything else category.findings[:FIRST_FINDINGS]
        for finding in shown:
            where = f"{finding.where}  " if finding.where else ""
            line(f"  {where}{finding.text}")
            if finding.formula:
                line(f"      ={_short(finding.formula)}")
        more = len(category.findings) - len(shown)
        if more:
            line(f"  and {more:,} more (--all)")
    line("")
    if report.failed:
        line("Not fine: " + ", ".join(f"{category.title.lower()}: {_count(category)}" for category in report.failed))
    else:
        findings = sum(len(category.findings) for category in report.categories)
        line(
            "Fine."
            if not findings
            else f"No failed check and no error; {findings:,} {'thing' if findings == 1 else 'things'} to look at."
        )


def _summary(category: Category) -> str:
    if category.fails and category.findings and category.summary:
        return f"{category.summary}; {_count(category)}"
    return category.summary or (_count(category) if category.findings else "none")


def _count(category: Category) -> str:
    count = len(category.findings)
    return f"{count:,} failed" if category.key == "checks" else f"{count:,}"


def _short(formula: str) -> str:
    text = " ".join(formula.split())
    return text if len(text) <= WIDEST_FORMULA else text[: WIDEST_FORMULA - 3] + "..."


def _line(text: str) -> None:
    show.console.print(text, markup=False, soft_wrap=True)


def _data(report: Report) -> dict[str, object]:
    return {
        "workbook": str(report.path),
        "fine": not report.failed,
        "failed": [category.key for category in report.failed],
        "formulas": report.formulas,
        "recalculated": not report.refusal,
        "refusal": report.refusal or None,
        "categories": [
            {
                "key": category.key,
                "title": category.title,
                "fails": category.fails,
                "summary": _summary(category),
                "facts": category.facts,
                "findings": [
                    {"sheet": f.sheet, "cell": f.cell, "text": f.text, "formula": f"={f.formula}" if f.formula else ""}
                    for f in category.findings
                ],
            }
            for category in report.categories
        ],
    }
