"""``sweep`` and ``simulate``: a workbook calculated for many scenarios."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tokenbook.addin.commands import show
from tokenbook.addin.commands.errors import CommandError

if TYPE_CHECKING:
    from tokenbook.templates.sweep.run import Outcome
    from tokenbook.templates.sweep.simulate import Simulated

FIGURES = (  # of risk_measures.summary
    ("mean", "Mean"),
    ("sd", "Standard deviation"),
    *((f"p{share}", f"{share} % are below") for share in (5, 10, 25, 50, 75, 90, 95)),
    ("below_target", "Share below 0"),
    ("shortfall", "Mean of the lowest 5 %"),
    ("no_answer", "Share without an answer"),
)
SHARES = ("below_target", "no_answer")
MOST_DRIVERS = 8


def sweep(
    book: Path,
    inputs: Path,
    outputs: list[str],
    out: Path,
    *,
    scheduler: str,
    workers: int | None,
    restart: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Calculate a workbook for every scenario of a table."""
    from tokenbook.templates.sweep import run, scenarios

    _check_target(out, force)
    scenarios.kind_of(out)
    table = scenarios.read(inputs)
    with _progress("scenarios") as progress:
        outcome = run.sweep(
            book, table, outputs, out, scheduler=scheduler, workers=workers, restart=restart, progress=progress
        )
    if as_json:
        show.as_json(
            {
                "written": str(out),
                "scenarios": outcome.total,
                "failed": outcome.failed,
                "continued_from": outcome.resumed,
                "outputs": list(outcome.outputs),
                "outputs_without_effect": list(outcome.idle),
            }
        )
        return
    _say_outcome(outcome, out)
    results = scenarios.read(out)
    rows = []
    for name in outcome.outputs:
        values = [value for value in results[name] if isinstance(value, float) and value == value]
        if values:
            ordered = sorted(values)
            figures = (ordered[0], ordered[len(ordered) // 2], ordered[-1])
            rows.append([name, *(show.cell_value(figure) for figure in figures)])
    if rows:
        show.table("Results", ["Output", "Lowest", "Median", "Highest"], rows)


def simulate(
    book: Path,
    spec_file: Path,
    out: Path | None,
    *,
    scheduler: str,
    workers: int | None,
    restart: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Draw the uncertain inputs of a workbook, calculate every trial, and say what they tell."""
    from tokenbook.templates.sweep import scenarios
    from tokenbook.templates.sweep import simulate as work
    from tokenbook.templates.sweep.spec import read_spec

    if out is not None:
        _check_target(out, force)
        scenarios.kind_of(out)
    spec = read_spec(spec_file)
    with contextlib.ExitStack() as stack:
        if out is None:
            target = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tokenbook-"))) / "trials.csv"
        else:
            target = out
        with _progress("trials") as progress:
            result = work.simulate(
                book, spec, target, progress=progress, scheduler=scheduler, workers=workers, restart=restart
            )
    if as_json:
        show.as_json(_as_data(result, out))
        return
    _say_outcome(result.outcome, out)
    for name, count in result.clipped.items():
        if count:
            show.console.print(f"{name}: {count:,} of {spec.trials:,} draws moved to the bound of the cell")
    title = f"{spec.trials:,} trials, {spec.sampling.replace('_', ' ')}, seed {spec.seed}"
    for name, summary in result.summaries.items():
        lines = [
            [label, _figure(figure, summary[figure].value), _figure(figure, summary[figure].standard_error)]
            for figure, label in FIGURES
        ]
        show.table(f"{name}: {title}", ["", "Value", "Standard error"], lines)
        drivers = sorted(result.drivers[name], key=lambda driver: -driver.contribution)[:MOST_DRIVERS]
        if drivers:
            lines = [
                [driver.name, f"{driver.contribution:.1%}", f"{driver.rank_correlation:+.3f}"] for driver in drivers
            ]
            show.table(f"What drives {name}", ["Input", "Contribution to variance", "Rank correlation"], lines)


def _figure(name: str, value: float) -> str:
    if value != value:
        return ""
    return f"{value:.1%}" if name in SHARES else show.cell_value(float(f"{value:.6g}"))


def _as_data(result: Simulated, out: Path | None) -> dict[str, object]:
    def clean(value: float) -> float | None:
        return value if value == value else None

    return {
        "written": str(out) if out else None,
        "trials": result.spec.trials,
        "seed": result.spec.seed,
        "failed": result.outcome.failed,
        "clipped": result.clipped,
        "outputs": {
            name: {
                figure: {"value": clean(estimate.value), "standard_error": clean(estimate.standard_error)}
                for figure, estimate in summary.items()
            }
            for name, summary in result.summaries.items()
        },
        "drivers": {
            name: [
                {key: clean(v) if isinstance(v, float) else v for key, v in driver._asdict().items()} for driver in some
            ]
            for name, some in result.drivers.items()
        },
    }


def _say_outcome(outcome: Outcome, out: Path | None) -> None:
    if outcome.resumed:
        show.console.print(f"Continued: {outcome.resumed:,} of {outcome.total:,} were finished before")
    if outcome.idle:
        show.console.print(f"No input of this table has an effect on {', '.join(outcome.idle)}")
    if outcome.failed:
        show.console.print(f"{outcome.failed:,} of {outcome.total:,} have no answer; the column error says why")
    if out is not None:
        show.console.print(f"Written: {out}", soft_wrap=True)


def _check_target(out: Path, force: bool) -> None:
    if out.exists() and not force:
        raise CommandError(f"{out}: exists already; choose another name, or --force to replace it")
    if not out.parent.is_dir():
        raise CommandError(f"{out}: the folder {out.parent} does not exist")


@contextlib.contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with rate and time left on a terminal; says what an interruption keeps."""
    terminal = Console(stderr=True)
    done_so_far = total_of = 0
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        transient=True,
        console=terminal,
        disable=not terminal.is_terminal,
    ) as bar:
        task = bar.add_task(what, total=None, rate="")

        def report(done: int, total: int) -> None:
            nonlocal done_so_far, total_of
            done_so_far, total_of = done, total
            speed = bar.tasks[task].speed
            bar.update(task, completed=done, total=total, rate=f"{speed:,.1f}/s" if speed else "")

        try:
            yield report
        except KeyboardInterrupt:
            if total_of:
                terminal.print(
                    f"tokenbook: {done_so_far:,} of {total_of:,} {what} are kept; the same command continues from there"
                )
            raise
