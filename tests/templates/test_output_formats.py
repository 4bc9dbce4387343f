"""Every output of the deployment model is shown in a number format that fits what it is, in every template."""

import openpyxl
import pytest

from tokenbook.templates import models
from tokenbook.templates.models.shared.function_panels import OUTPUT_FORMATS
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.sheets.style import FORMATS
from tokenbook.udfs.kernels.deployment import OUTPUTS

FITTING = {  # kind of an output: number formats that a reader expects; written anew here, not taken from the templates
    "usd": {"#,##0;[Red]-#,##0;0"},
    "usd_per_mtok": {"[>=1]#,##0.000;[>=0.1]0.0000;0.000000"},
    "mtok": {"#,##0;-#,##0;0"},
    "months": {"0.0"},
    "share": {"0.0000", "0.0%;-0.0%;0.0%"},
    "multiple": {"0.0000", '0.00"x";-0.00"x"'},
}
WITH_OUTPUTS = tuple(name for name in models.TEMPLATES if name != "claims")


@pytest.mark.parametrize("output", OUTPUTS, ids=lambda output: output.name)
def test_an_output_in_money_is_of_a_kind_of_money(output):
    money = output.unit.startswith("USD")
    assert output.kind is not None
    assert money == output.kind.startswith("usd"), f"{output.unit} is shown as {output.kind}"
    assert (output.unit == "USD per Mtok") == (output.kind == "usd_per_mtok")
    assert FORMATS[OUTPUT_FORMATS[output.kind]] in FITTING[output.kind]


@pytest.mark.parametrize("name", WITH_OUTPUTS)
def test_every_output_of_a_template_has_a_format_that_fits(name):
    writer = models.module(name).compose(Options(version="test"))
    sheet = writer.workbook["Panels"]
    (first,) = [
        row for row in range(1, sheet.max_row + 1)
        if "TOK_DEPLOYMENT(" in str(getattr(sheet.cell(row, 1).value, "text", ""))
    ]  # fmt: skip
    spilled = sheet.cell(first, 1).value.ref
    _, _, columns, last = openpyxl.utils.range_boundaries(spilled)
    assert last - first + 1 == len(OUTPUTS)
    for row, output in enumerate(OUTPUTS, first):
        shown = {sheet.cell(row, column).number_format for column in range(2, columns + 1)}
        assert len(shown) == 1
        assert shown <= FITTING[output.kind], f"{name} Panels row {row}, {output.name} [{output.unit}]"
