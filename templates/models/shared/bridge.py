"""From the static view to the net present value: what software, falling prices and tax add and take, as a waterfall."""

from __future__ import annotations

from typing import Any

from tokenbook.templates.sheets import charts, style
from tokenbook.templates.sheets.grid import Grid
from tokenbook.templates.sheets.rows import Row
from tokenbook.templates.sheets.writer import Writer

STEPS = (  # key of VALUE, heading
    ("static", "Static, flat price"),
    ("software", "Software gains"),
    ("price", "Falling prices"),
    ("tax", "Tax"),
    ("npv", "Net present value"),
)
UP, DOWN = "2E8B57", "C0504D"


def value_rows() -> tuple[Row, ...]:
    """For a grid with a column for each platform: each step of the bridge."""
    worth = "SUMPRODUCT({{model_#.{0}:all}},{1},{{model_#.discount_factor:all}})"
    costs = "SUMPRODUCT({model_#.investing:all}-{model_#.opex:all},{model_#.discount_factor:all})"
    static_flat = worth.format("sold_static", "{unit_#.flat_price:all}")
    flat = worth.format("sold", "{unit_#.flat_price:all}")
    falling = worth.format("sold", "{model_#.price:all}")
    return (
        Row("static", "Static view: throughput and price of today, before tax", "USD", f"={static_flat}+{costs}", "usd"),
        Row("software", "Software gains: more tokens from the same GPUs", "USD", f"={flat}-{static_flat}", "usd"),
        Row("price", "Falling prices", "USD", f"={falling}-{flat}", "usd",
            note="Cost that falls while the price stays is half of the picture: both move here."),
        Row("tax", "Tax", "USD", "=-SUMPRODUCT({model_#.tax:all},{model_#.discount_factor:all})", "usd"),
        Row("npv", "Net present value", "USD", "={static}+{software}+{price}+{tax}", "usd", strong=True),
    )  # fmt: skip


def grid(platform: str) -> Grid:
    """The bridge of platform 1 as floating columns; each part above and below zero is a row of its own."""
    return Grid("bridge", f"Net present value, step by step: {platform}", tuple(heading for _, heading in STEPS), (
        Row("step", "Step", "USD", "={of.step}", "usd", strong=True),
        Row("total", "A total, not a change", "1 or 0", "=IF(OR(COLUMNS({heading:to_date})=1,"
            "COLUMNS({heading:to_date})=COLUMNS({heading:all})),1,0)", "flag"),
        Row("from", "From", "USD", "=(1-{total})*SUM({step:to_date})-(1-{total})*{step}", "usd"),
        Row("to", "To", "USD", "={from}+{step}", "usd"),
        Row("hidden_above", "Floats above", "USD", "=MAX(0,MIN({from},{to}))", "usd"),
        Row("hidden_below", "Floats below", "USD", "=MIN(0,MAX({from},{to}))", "usd"),
        Row("above", "Above zero", "USD", "=MAX(0,MAX({from},{to}))-{hidden_above}", "usd"),
        Row("below", "Below zero", "USD", "=MIN(0,MIN({from},{to}))-{hidden_below}", "usd"),
        *(
            Row(f"{kind}_{side}", f"{label}, {side} zero", "USD", f"={{{side}}}*{condition}", "usd")
            for kind, label, condition in (
                ("whole", "Total", "{total}"),
                ("up", "Rise", "(1-{total})*IF({step}>0,1,0)"),
                ("down", "Fall", "(1-{total})*IF({step}<0,1,0)"),
            )
            for side in ("above", "below")
        ),
    ), also=("bridge_of_#",))  # fmt: skip


def name_steps(writer: Writer) -> None:
    """After the grid of values has its place: what the columns of the bridge show."""
    for number, (key, _) in enumerate(STEPS, 1):
        writer.book.put(f"bridge_of_{number}.of.step", writer.book.find(f"value_1.{key}"))


def chart(writer: Writer, sheet: str, platform: str) -> Any:
    """The waterfall."""

    def row(key: str) -> tuple[int, int, int]:
        place = writer.book.time_row(f"bridge.{key}")
        return place.row, place.first, place.last

    return charts.waterfall(
        writer, title=f"{platform}: from the static view to the net present value", y_title=writer.unit("USD million"),
        number_format="#,##0.0,,", sheet=sheet, categories=row("heading"), hidden=[row("hidden_above"), row("hidden_below")],
        shown=[
            ((row(f"{kind}_above"), row(f"{kind}_below")), color)
            for kind, color in (("whole", style.NAVY), ("up", UP), ("down", DOWN))
        ],
    )  # fmt: skip
