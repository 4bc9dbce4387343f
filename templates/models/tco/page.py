"""The dashboard of the ``tco`` template: the figures, what they say, four charts."""

from __future__ import annotations

from tokenbook.templates.models.shared.frame import Setting
from tokenbook.templates.models.tco.grids import PARTS, RATES
from tokenbook.templates.sheets import charts, dashboard, style
from tokenbook.templates.sheets.dashboard import Figure
from tokenbook.templates.sheets.formula import Range, TimeRow
from tokenbook.templates.sheets.writer import Writer

KPIS = tuple(
    Figure(key, label, unit, kind, formula)
    for key, label, unit, kind, formula in (
        ("fleet", "GPUs that serve the demand", "GPUs", "count", "={fleet_#.gpus}"),
        ("own_rate", "GPU-hour, owned", "USD", "usd_rate", "={rates_#.own_rate}"),
        ("tier", "GPU-hour, published owning rate", "USD", "usd_rate", "={rates_#.rate_hyperscaler}"),
        ("rent_rate", "GPU-hour, rented for 3 years", "USD", "usd_rate", "={rates_#.rent_rate}"),
        ("own_lcot", "Owning, levelised", "USD per Mtok", "usd_per_mtok", "={life_#.own_lcot}"),
        ("rent_lcot", "Renting, levelised", "USD per Mtok", "usd_per_mtok", "={life_#.rent_lcot}"),
        ("api_lcot", "API price, levelised", "USD per Mtok", "usd_per_mtok", "={life_#.api_lcot}"),
        ("own_total", "Owning over the horizon", "USD", "usd", "={life_#.own_total}"),
        ("rent_total", "Renting over the horizon", "USD", "usd", "={life_#.rent_total}"),
        ("api_total", "API bill over the horizon", "USD", "usd", "={life_#.api_total}"),
        ("own_use", "Use above which owning beats API", "share", "share", "={even_#.own_use}"),
        ("own_volume", "Volume above which it does", "Mtok/month", "mtok", "={even_#.own_volume}"),
        (
            "memory",
            "Output, of the memory limit",
            "share",
            "share",
            '=IF({limit_#.used}="","not known",{limit_#.used})',
        ),
    )
)


def write_dashboard(writer: Writer, setting: Setting, years: int) -> None:
    table = dashboard.write_table(
        writer, title="What do the tokens cost in full: owned, rented, bought?", figures=KPIS, count=len(setting.platforms),
        subtitle='={inputs.model}&" at "&TEXT({inputs.isl},"#,##0")&" input and "&TEXT({inputs.osl},"#,##0")'
        '&" output tokens, "&IF({inputs.demand_mtok_per_month}="","one rack or server","a demand of "'
        '&TEXT({inputs.demand_mtok_per_month},"#,##0")&" Mtok a month")&", "&{inputs.months}&" months"',
    )  # fmt: skip
    dashboard.write_findings(writer, table, findings(writer, table))
    dashboard.place_charts(writer, table, dashboard_charts(writer, setting, table, years))


def findings(writer: Writer, table: dashboard.Table) -> tuple[str, ...]:
    """Sentences that the figures write themselves."""
    money = writer.currency
    own, rent = (f'IFERROR({table.who(key, "MIN")},"none")' for key in ("own_lcot", "rent_lcot"))
    lowest = lambda key: f'TEXT(MIN({table.span(key)}),"0.0000")'  # noqa: E731
    cheapest = f"IFERROR({table.of('own_lcot', own)},0)"
    beaten = f"COUNT({table.span('own_use')})"
    impossible = f'COUNTIF({table.span("memory")},">1")'
    return (
        f'="Owning costs least on "&{own}&", {money} "&{lowest("own_lcot")}&" per million tokens over the horizon; renting '
        f'on "&{rent}&", {money} "&{lowest("rent_lcot")}&"."',
        f'="The API costs {money} "&TEXT(INDEX({table.span("api_lcot")},1),"0.0000")&" levelised, its price falling "'
        '&TEXT({inputs.price_annual_factor},"0.0")&"x a year: "&IF(N(INDEX('
        + table.span("api_lcot")
        + f",1))>{cheapest},"
        '"self-hosting at this volume is cheaper.","the API is cheaper at this volume.")',
        f'={beaten}&" of {table.columns} platforms, owned, beat the API of today at some use; the lowest use is "'
        f'&IF({beaten}=0,"none",TEXT(MIN({table.span("own_use")}),"0%"))&"."',
        f'=IF({{rates_1.built}}=0,"No price of "&{{rates_1.heading}}&" is known: owning stands at the published rate",'
        f'"Built up, "&{{rates_1.heading}}&" costs {money} "&TEXT({{rates_1.build_up}},"0.00")&" an hour")&"; published owning '
        f'rate {money} "&TEXT({{rates_1.rate_hyperscaler}},"0.00")&", three-year rent {money} "'
        '&TEXT({rates_1.usd_per_gpu_hour},"0.00")&". Electricity is inside each of the three once."',
        f'=IF({impossible}=0,"No throughput is above what memory allows.",{impossible}&" of {table.columns} throughputs are '
        'above what memory allows: impossible as stated.")&IF({inputs.limit_kv}=0," The cache is left out: a generous limit.","")',
        '=IF(COUNTIF({inputs.status},"override")=0,"All baselines as in the catalogue. Prices to buy at are of low '
        'confidence: ask for quotes.",COUNTIF({inputs.status},"override")&" inputs differ from their baselines.")',
    )


def dashboard_charts(writer: Writer, setting: Setting, table: dashboard.Table, years: int) -> tuple:
    book, count = writer.book, len(setting.platforms)
    names = [book.find(f"dashboard.name_{n}") for n in range(1, count + 1)]
    heading = book.time_row("rates.heading")
    across = (heading.first, heading.last)
    built = charts.bars(
        writer, title="A GPU-hour, built up", y_title=writer.unit("USD per GPU-hour"), number_format="0.00", sheet=RATES,
        categories=(heading.row, *across), rows=[(book.find(f"rates.{key}").row, *across) for key, _ in PARTS],
        names=[text for _, text in PARTS], stacked=True, palette=style.PARTS,
    )  # fmt: skip
    x = _stretch(book.time_row("uses.use"))
    lines = [charts.Curve(x, _stretch(book.time_row(f"uses.own_{n}")), names[n - 1], n - 1) for n in range(1, count + 1)]
    lines += [
        charts.Curve(x, _stretch(book.time_row(f"uses.rent_{n}")), f"{platform}, rented", n - 1, dashed=True)
        for n, platform in enumerate(setting.platforms, 1)
    ]
    lines.append(charts.Curve(x, _stretch(book.time_row("uses.api")), "API", style.GREY))
    over_use = charts.scatter(
        writer, title="Cost per million tokens over use: owned, rented (dashed), API", x_title="Share of hours used",
        y_title=writer.unit("USD per Mtok"), number_format="0.00", x_format="0%", curves=lines, x_low=0, x_high=1, log=True,
    )  # fmt: skip
    year = _stretch(book.time_row("year.number"))
    spent = [
        charts.Curve(year, _stretch(book.time_row(f"year_{n}.spent")), names[n - 1], n - 1) for n in range(1, count + 1)
    ]
    spent += [
        charts.Curve(year, _stretch(book.time_row(f"year_{count + n}.spent")), f"{platform}, rented", n - 1, dashed=True)
        for n, platform in enumerate(setting.platforms, 1)
    ]
    spent.append(charts.Curve(year, _stretch(book.time_row("year_1.api_spent")), "API", style.GREY))
    so_far = charts.scatter(
        writer, title="Spent so far: owned, rented (dashed), API", x_title="Year", y_title=writer.unit("USD million"),
        number_format="#,##0,,", curves=spent, x_low=0, x_high=years,
    )  # fmt: skip
    columns = (dashboard.FIRST, dashboard.UNIT + count)
    roofline = charts.bars(
        writer, title="Output throughput as a share of what memory allows", y_title="share of the limit", number_format="0%",
        sheet=dashboard.NAME, categories=(table.names_row, *columns), rows=[(table.rows["memory"], *columns)],
        names=["Measured output over memory limit"],
    )  # fmt: skip
    return built, over_use, so_far, roofline


def _stretch(place: TimeRow) -> Range:
    return Range(place.sheet, place.row, place.first, place.row, place.last)
