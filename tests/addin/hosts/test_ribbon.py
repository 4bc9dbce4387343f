"""The buttons of the ribbon in Excel, pressed in a workbook that a test holds in place of Excel."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tokenbook.addin.classic import ribbon
from tokenbook.addin.cli import run
from tokenbook.templates import ooxml
from tokenbook.templates.refresh import Report


class Book:
    """As much of xlwings' Book as the buttons use; ``said`` holds the messages that the user saw."""

    def __init__(self, path, answer="yes"):
        self.path, self.name, self.fullname, self.said, self.opened = path, path.name, str(path), [], []
        self.api = SimpleNamespace(SaveCopyAs=lambda target: shutil.copy(path, target))
        opened = lambda path: self.opened.append(path) or SimpleNamespace(activate=lambda: None)  # noqa: E731
        self.app = SimpleNamespace(alert=self._alert, books=SimpleNamespace(open=opened))
        self.answer = answer

    def _alert(self, text, **options):
        self.said.append(text)
        return self.answer if options.get("buttons") == "yes_no" else "ok"


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    path = tmp_path_factory.mktemp("ribbon") / "roi.xlsx"
    assert run(["new", "roi", str(path), "-p", "B200"]) == 0
    return path


@pytest.fixture
def press(monkeypatch, tmp_path):
    """Press a button in a workbook; gives what the user saw."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    def press(action, book, *arguments):
        monkeypatch.setattr(ribbon.xw, "Book", SimpleNamespace(caller=lambda: book))
        action(*arguments)
        return book.said

    return press


def test_new_model_writes_into_the_documents_and_opens_it_and_never_replaces_one(press, workbook, tmp_path):
    (tmp_path / "Documents").mkdir()
    book = Book(workbook)
    for _ in range(2):
        assert press(ribbon.new_model, book, "claims") == []
    folder = tmp_path / "Documents" / "Tokenbook"
    assert book.opened == [str(folder / "claims.xlsx"), str(folder / "claims-2.xlsx")]
    with ooxml.open_package(folder / "claims.xlsx") as package:
        assert "Cover" in package.sheets


def test_check_says_fine_of_a_fine_model(press, workbook):
    (said,) = press(ribbon.check_model, Book(workbook))
    assert said.endswith("Fine.")
    assert "formulas on" in said


def test_a_file_that_cannot_be_read_gives_a_sentence(press, tmp_path):
    path = tmp_path / "notes.xlsx"
    path.write_text("just words")
    (said,) = press(ribbon.check_model, Book(path))
    assert "not a workbook" in said
    assert "Traceback" not in said


def test_an_unexpected_error_is_named(press, workbook):
    book = Book(workbook)
    book.app.books.open = lambda path: {}["gone"]
    (said,) = press(ribbon.new_model, book, "claims")
    assert said == "KeyError: 'gone'"


class Line(SimpleNamespace):
    pass


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_refresh_shows_first_and_writes_only_when_told(press, workbook, monkeypatch, answer):
    from tokenbook.templates.refresh import open_book

    asked = []
    line = Line(
        status="changed",
        cell="Inputs!C9",
        old=1.95,
        new=1.73,
        row=SimpleNamespace(unit="USD/GPU-h", as_of="2026-07-31"),
    )

    def refresh_open(book, write=False):
        asked.append(write)
        return Report(Path("roi.xlsx"), [line] * 20)

    monkeypatch.setattr(open_book, "refresh_open", refresh_open)
    said = press(ribbon.refresh_baselines, Book(workbook, answer))
    assert "20 of 20 baselines have newer figures." in said[0]
    assert "Inputs!C9: 1.95 becomes 1.73 USD/GPU-h (2026-07-31)" in said[0]
    assert "and 5 more" in said[0]
    assert asked == ([False, True] if answer == "yes" else [False])
    assert len(said) == (2 if answer == "yes" else 1)
    assert answer == "no" or said[1].startswith("20 of 20 baselines changed, with what was known on 20")


def test_refresh_says_when_there_is_nothing_to_do(press, workbook, monkeypatch):
    from tokenbook.templates.refresh import open_book

    monkeypatch.setattr(open_book, "refresh_open", lambda book: Report(Path("roi.xlsx")))
    assert "No cell of this workbook is bound" in press(ribbon.refresh_baselines, Book(workbook))[0]
    monkeypatch.setattr(open_book, "refresh_open", lambda book: Report(Path("roi.xlsx"), [Line(status="same")] * 2))
    assert "All 2 baselines are those of" in press(ribbon.refresh_baselines, Book(workbook))[0]


def test_help_lists_every_function(press, workbook):
    from tokenbook.udfs.functions import registry

    cells = {}

    class Sheet:
        def __getitem__(self, ref):
            return cells.setdefault(ref, SimpleNamespace(value=None, font=SimpleNamespace(bold=False)))

    book = Book(workbook)
    book.app.books.add = lambda: SimpleNamespace(sheets=[Sheet()])
    assert press(ribbon.show_help, book) == []
    listed = {row[0] for row in cells["A3"].value}
    assert all(function.signature in listed for function in registry().values())
    assert cells["A1"].value.startswith("Tokenbook ")
