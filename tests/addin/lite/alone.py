"""Runs a main.py alone, as xlwings Lite does: ``python -I alone.py main.py questions.json answers.json``.
Several main.py, parted by the separator of paths, are run one after the other and asked one call each.

With ``installed`` as a fourth word every installed package is there, as where requirements.txt asks for them.

Questions are ``{"calls": [[function, arguments], ...], "scripts": [{"name", "book", "formulas"}, ...]}``.

Only the standard library, numpy and xlwings can be imported; everything else that is installed is out of reach. Cells
go in and come out in the form in which Office.js and xlwings exchange them.
"""

import asyncio
import importlib.abc
import importlib.util
import json
import os
import sys

ALLOWED = {"numpy", "xlwings", *sys.stdlib_module_names}
if sys.platform == "emscripten":
    ALLOWED |= {"pyodide", "_pyodide", "js", "pyodide_js"}
CODES = {
    "Div0": "#DIV/0!",
    "NotAvailable": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
}


class OutOfReach(importlib.abc.MetaPathFinder):
    """Hides every installed package but the two."""

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in ALLOWED and name != "main":
            raise ModuleNotFoundError(f"No module named {name!r} in xlwings Lite", name=name)


def load(path):
    spec = importlib.util.spec_from_file_location("main", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["main"] = module
    spec.loader.exec_module(module)
    return module


def sent(argument):
    """An argument as Office.js sends it: rows of cells, an error cell as an entity."""
    if argument is None:
        return None
    rows = argument if isinstance(argument, list) else [[argument]]
    return [[{"type": "Error", **cell} if isinstance(cell, dict) else cell for cell in row] for row in rows]


def received(value):
    """A cell of an answer: an error entity as its code."""
    return CODES[value["errorType"]] if isinstance(value, dict) else value


async def run_script(module, xlwings, script):
    """The actions that a script sends back to Excel. ``formulas`` ("Sheet!B7" -> text) stands in for the formula bar,
    which Lite reads through JavaScript."""
    from xlwings.pro import _xlremote

    async def formula_bar(self):
        if script["formulas"] is None:
            raise NotImplementedError
        ref = self.address.replace("$", "")
        return [[script["formulas"].get(f"{self.sheet.name}!{ref}", str(self.raw_value[0][0]))]]

    _xlremote.Range.get_formula = formula_bar
    book = xlwings.Book(json=script["book"])
    await xlwings.server.custom_scripts_call(module, script["name"], typehint_to_value={xlwings.Book: book})
    return book.json()["actions"]


async def answer(module, xlwings, function, arguments):
    request = {
        "client": "Office.js",
        "func_name": function,
        "args": [sent(argument) for argument in arguments],
        "version": xlwings.__version__,
        "date_format": "m/d/yyyy",
        "culture_info_name": "en-US",
        "runtime": "1.4",
    }
    missing = len(getattr(module, function).__xlfunc__["args"]) - len(arguments)
    request["args"] += [None] * missing
    try:
        rows = await xlwings.server.custom_functions_call(request, module, typehint_to_value={})
    except xlwings.XlwingsError as error:
        return {"error": "#VALUE!", "message": str(error)}
    json.dumps(rows, allow_nan=False)  # what Excel receives
    return [[received(cell) for cell in row] for row in rows]


def is_installed(name, module):
    """Whether a module of ours (or pandas, which is slow) came from elsewhere than the main.py."""
    ours = name.split(".")[0] in ("tokenbook", "udfs", "addin", "templates", "pandas")
    return ours and not str(module.__spec__.origin).startswith("main.py/tokenbook/")


async def ask_each(paths, calls, xlwings):
    """One call to each main.py: what it tells Excel of itself, and its answer."""
    for path, call in zip(paths, calls, strict=True):
        module = load(path)
        yield xlwings.server.custom_functions_meta(module), await answer(module, xlwings, *call)


async def ask(path, questions, answers, packages=""):
    """Put the questions to the main.py and write what it answers."""
    if packages != "installed":
        sys.meta_path.insert(0, OutOfReach())
    os.environ |= {"XLWINGS_ON_SERVER": "true", "XLWINGS_LICENSE_KEY": "noncommercial"}
    import xlwings
    import xlwings.server

    with open(questions, encoding="utf-8") as file:
        asked = json.load(file)
    paths = path.split(os.pathsep)
    if len(paths) > 1:
        found = {"each": [pair async for pair in ask_each(paths, asked["calls"], xlwings)]}
    else:
        found = await ask_one(load(path), asked, xlwings)
    with open(answers, "w", encoding="utf-8") as file:
        json.dump(found, file)


async def ask_one(module, asked, xlwings):
    """All calls and scripts to one main.py, and what it tells Excel of itself."""
    return {
        "answers": [await answer(module, xlwings, *call) for call in asked["calls"]],
        "actions": [await run_script(module, xlwings, script) for script in asked["scripts"]],
        "meta": xlwings.server.custom_functions_meta(module),
        "scripts": xlwings.server.custom_scripts_meta(module),
        "ours": sorted(name for name, found in sys.modules.items() if is_installed(name, found)),
    }


if __name__ == "__main__":
    asyncio.run(ask(*sys.argv[1:]))
