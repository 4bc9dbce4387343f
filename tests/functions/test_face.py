"""``import tokenbook``: every function is offered by name, with types and help that an editor can show."""

import ast
import inspect
import typing
from pathlib import Path

import numpy as np
import pytest

import tokenbook
from tokenbook.udfs.functions import registry

FACE = Path(tokenbook.__file__)
FUNCTIONS = registry()


def imported_for_type_checkers() -> dict[str, str]:
    """Name -> module of what stands under ``if TYPE_CHECKING``."""
    (block,) = (node for node in ast.parse(FACE.read_text(encoding="utf-8")).body if isinstance(node, ast.If))
    return {name.name: node.module for node in block.body for name in node.names}


def test_what_is_offered_is_the_registry():
    assert sorted(tokenbook.__all__) == sorted(["TokenbookError", *FUNCTIONS])


def test_type_checkers_see_each_function_where_it_stands():
    assert imported_for_type_checkers() == {name: function.body.__module__ for name, function in FUNCTIONS.items()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_has_a_type_an_editor_can_show(name):
    signature = inspect.signature(getattr(tokenbook, name))
    shown = str(signature)
    assert list(signature.parameters) == [argument.name for argument in FUNCTIONS[name].arguments]
    assert signature.return_annotation is not inspect.Signature.empty
    assert "Annotated" not in shown
    assert "Number(" not in shown
    for argument in FUNCTIONS[name].arguments:
        parameter = signature.parameters[argument.name]
        assert parameter.annotation is not inspect.Parameter.empty, argument.name
        assert (parameter.default is inspect.Parameter.empty) == (not argument.optional), argument.name
        allows_none = type(None) in typing.get_args(parameter.annotation)
        assert allows_none or parameter.default is not None, f"{argument.name}: its default is not of its type"


def test_a_body_without_kinds_is_refused_when_it_is_declared():
    from tokenbook.udfs.functions.declare import declared

    def plain(rate: float):
        """Nothing said."""

    with pytest.raises(TypeError, match="plain: rate names no kind"):
        declared(plain, "Unit cost")


def test_numbers_give_numbers_and_ranges_arrays():
    assert tokenbook.tok_cost(1.95, 28012.9) == pytest.approx(0.0193363, abs=1e-7)
    found = tokenbook.tok_cost(np.array([1.95, 3.9]), 28012.9)
    assert isinstance(found, np.ndarray)
    assert found[1] == 2 * found[0]


def test_what_is_not_there_is_no_attribute():
    with pytest.raises(AttributeError, match="no attribute 'tok_nothing'"):
        _ = tokenbook.tok_nothing
    assert "tok_npv" in dir(tokenbook)
