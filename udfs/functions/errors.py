"""The errors a cell can show, and the Python exceptions that carry them."""

from tokenbook.udfs.errors import TokenbookError


class CellError(str):
    """An Excel error value (``#NUM!``) with the sentence that explains it, for hosts that can show one."""

    __slots__ = ("message",)
    message: str

    def __new__(cls, code: str, message: str = "") -> "CellError":
        error = super().__new__(cls, code)
        error.message = message
        return error


VALUE, NUM, DIV0, NA = "#VALUE!", "#NUM!", "#DIV/0!", "#N/A"
# Order gives each error the small integer by which arrays of results remember it; 0 is "no error".
CODES = ("", VALUE, NUM, DIV0, NA, "#REF!", "#NAME?", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA", "#BUSY!")
CODE_INDEX = {code: index for index, code in enumerate(CODES) if code}


def is_error(value: object) -> bool:
    """True for an Excel error value, whether the host gave it as a CellError or as plain text."""
    return isinstance(value, str) and value in CODE_INDEX


class FunctionError(TokenbookError):
    """A function has no answer. ``code`` is the Excel error that a cell shows for it."""

    code = VALUE

    def __init__(self, message: str, code: str | None = None):
        super().__init__(message)
        if code is not None:
            self.code = code


class WrongTypeError(FunctionError):
    """Text, a blank or a logical value where a number belongs; ranges of different size."""

    code = VALUE


class NoAnswerError(FunctionError):
    """Out of domain, no solution, or no convergence."""

    code = NUM


class DivideByZeroError(FunctionError):
    """Zero tokens, zero throughput or zero capital as a divisor."""

    code = DIV0


class NotFoundError(FunctionError):
    """Unknown platform, metric, vintage or claim; never pays back."""

    code = NA


class PassedThroughError(FunctionError):
    """An argument was an Excel error already; it is passed on unchanged."""


BY_CODE = {VALUE: WrongTypeError, NUM: NoAnswerError, DIV0: DivideByZeroError, NA: NotFoundError}


def error_for(code: str, message: str) -> FunctionError:
    """The exception that stands for an Excel error code."""
    return BY_CODE.get(code, PassedThroughError)(message, code)
