"""The VBA of the add-in file, generated from the registry: a wrapper and the help of each function, and the ribbon.

Excel's code window knows one code page: texts are reduced to ASCII. One procedure of VBA may not be long, so each
function registers its help in a procedure of its own.
"""

from __future__ import annotations

import textwrap
import unicodedata

from tokenbook.addin.classic.functions import ERROR_NUMBERS, MARK
from tokenbook.udfs.functions import registry
from tokenbook.udfs.functions.cleaning import Argument
from tokenbook.udfs.functions.declare import ExcelFunction
from tokenbook.udfs.functions.docstrings import ArgumentHelp

FUNCTIONS, HELP, RIBBON = "TokenbookFunctions", "TokenbookHelp", "TokenbookRibbon"
CATEGORY = "Tokenbook"
PYTHON = "tokenbook.addin.classic.functions"
MOST_HELP = 255  # characters of a description that Excel's function wizard takes
LINE = 90  # characters of a text in one line of VBA
PLAIN = {"€": "EUR", "’": "'", "–": "-", "—": "-", "→": "->", "×": "x", "·": ",", "≤": "<=", "≥": ">=", "…": "..."}

# Words that VBA keeps for itself; an argument of that name gets an underscore behind it.
KEPT_WORDS = """
and any as boolean byref byte byval call case close const currency date declare dim do double each else elseif end enum
eqv erase error event exit false for friend function get global gosub goto if imp implements in input integer is let lib
like line lock long loop lset me mod name new next not nothing null object on open option optional or paramarray
preserve print private property public put raiseevent redim rem resume return rset select set single static step stop
string sub tab then time to true type typeof until variant wend while with withevents write xor
"""
RESERVED = frozenset(KEPT_WORDS.split())

CALL = """\
Public Function {name}({parameters}) As Variant
    #If Mac Then
        {name} = CVErr(xlErrName)
    #Else
        On Error GoTo failed
        {name} = TokenbookShown(XLPy.CallUDF("{python}", "call", _
            Array({arguments}), ActiveWorkbook, Application.Caller))
        Exit Function
    #End If
failed:
    {name} = TokenbookFailed(Err.Description)
End Function
"""

SHOWN = """\
' Errors come as marked text; as CVErr they are what Excel itself would show.
Private Function TokenbookShown(answer As Variant) As Variant
    Dim i As Long, j As Long
    If IsArray(answer) Then
        For i = LBound(answer, 1) To UBound(answer, 1)
            For j = LBound(answer, 2) To UBound(answer, 2)
                If VarType(answer(i, j)) = vbString Then answer(i, j) = TokenbookCell(answer(i, j))
            Next j
        Next i
        TokenbookShown = answer
    ElseIf VarType(answer) = vbString Then
        TokenbookShown = TokenbookCell(answer)
    Else
        TokenbookShown = answer
    End If
End Function

Private Function TokenbookCell(ByVal answer As Variant) As Variant
    TokenbookCell = answer
    If Len(answer) = 0 Then Exit Function
    If AscW(Left$(answer, 1)) <> {mark} Then Exit Function
    Select Case Mid$(answer, 2)
{cases}
        Case Else: TokenbookCell = CVErr(xlErrValue)
    End Select
End Function

' Python cannot be reached: the cell shows #NAME?, as without the add-in, and the ribbon's Help says why.
Public TokenbookReason As String

Private Function TokenbookFailed(reason As String) As Variant
    TokenbookReason = reason
    TokenbookFailed = CVErr(xlErrName)
End Function
"""

REGISTER = """\
Public Sub TokenbookRegisterHelp()
    On Error Resume Next
{calls}
End Sub

Private Sub Describe(functionName As String, about As String, arguments As Variant)
    Dim place As String
    On Error Resume Next
    place = "'" & ThisWorkbook.Name & "'!" & functionName
    If IsArray(arguments) Then
        Application.MacroOptions Macro:=place, Description:=about, Category:="{category}", _
            ArgumentDescriptions:=arguments
    Else
        Application.MacroOptions Macro:=place, Description:=about, Category:="{category}"
    End If
End Sub
"""

THIS_WORKBOOK = f"""\
Private Sub Workbook_Open()
    Application.OnTime Now, "'" & ThisWorkbook.Name & "'!{HELP}.TokenbookRegisterHelp"
End Sub
"""

RIBBON_VBA = """\
Private Sub Run(command As String)
    If ActiveWorkbook Is Nothing Then Workbooks.Add
    RunPython "import tokenbook.addin.classic.ribbon as tokenbook; tokenbook." & command
End Sub

Public Sub NewModel(control As IRibbonControl)
    Run "new_model('" & control.Tag & "')"
End Sub

Public Sub RefreshBaselines(control As IRibbonControl)
    Run "refresh_baselines()"
End Sub

Public Sub CheckModel(control As IRibbonControl)
    Run "check_model()"
End Sub

Public Sub RecalculateAll(control As IRibbonControl)
    Application.CalculateFullRebuild
End Sub

Public Sub ShowHelp(control As IRibbonControl)
    If Len(TokenbookReason) > 0 Then
        MsgBox "The functions could not reach Python: " & TokenbookReason & vbCrLf & vbCrLf & _
            "To mend it, run in a terminal: tokenbook install", vbExclamation, "Tokenbook"
        TokenbookReason = ""
        Exit Sub
    End If
    Run "show_help()"
End Sub
"""

NAMED_ERRORS = {  # those for which VBA has a name everywhere; the others by number
    "#NULL!": "xlErrNull",
    "#DIV/0!": "xlErrDiv0",
    "#VALUE!": "xlErrValue",
    "#REF!": "xlErrRef",
    "#NAME?": "xlErrName",
    "#NUM!": "xlErrNum",
    "#N/A": "xlErrNA",
}


def modules() -> dict[str, str]:
    """The standard modules: name -> source."""
    return {FUNCTIONS: functions(), HELP: help_texts(), RIBBON: RIBBON_VBA}


def functions() -> str:
    """A wrapper for each function, and what they share."""
    cases = "\n".join(
        f'        Case "{error}": TokenbookCell = CVErr({NAMED_ERRORS.get(error, number)})'
        for error, number in ERROR_NUMBERS.items()
    )
    # VBA's AscW is a signed 16-bit number.
    shown = SHOWN.replace("{mark}", str(ord(MARK) - 0x10000)).replace("{cases}", cases)
    declaration, marker, rest = shown.partition("Public TokenbookReason As String\n")
    return (
        "Option Explicit\n"
        + marker
        + "\n"
        + "\n".join(_wrapper(function) for function in registry().values())
        + "\n"
        + declaration
        + rest.lstrip("\n")
    )


def _wrapper(function: ExcelFunction) -> str:
    names = [name_of(argument) for argument in function.arguments]
    return CALL.format(
        name=function.name,
        python=PYTHON,
        parameters=", ".join(f"Optional {name}" for name in names),
        arguments=", ".join([f'"{function.python_name}"', *names]),
    )


def name_of(argument: Argument) -> str:
    """The name of an argument in VBA, which the function wizard shows."""
    return f"{argument.name}_" if argument.name.lower() in RESERVED else argument.name


def help_texts() -> str:
    """What the function wizard shows: the sentence of each function, unit and meaning of each argument."""
    calls = "\n".join(f"    Help_{function.name}" for function in registry().values())
    parts = [_help(function) for function in registry().values()]
    return "Option Explicit\n\n" + REGISTER.format(calls=calls, category=CATEGORY) + "\n" + "\n".join(parts)


def _help(function: ExcelFunction) -> str:
    text = function.help
    lines = [f"Private Sub Help_{function.name}()", "    Dim about As String, arguments As Variant"]
    lines += _assigned("about", text.summary)
    if function.arguments:
        lines.append(f"    ReDim arguments(1 To {len(function.arguments)})")
    for number, argument in enumerate(function.arguments, start=1):
        lines += _assigned(f"arguments({number})", argument_help(text.arguments[argument.name]))
    lines += [f'    Describe "{function.name}", about, arguments', "End Sub", ""]
    return "\n".join(lines)


def argument_help(about: ArgumentHelp) -> str:
    """``number or range, USD per hour. All-in rate ...``, as long as the function wizard takes it."""
    return shortened(f"{about.takes}, {about.unit}. {about.text}" if about.unit else f"{about.takes}. {about.text}")


def shortened(text: str) -> str:
    """Cut after a word where Excel would cut anywhere."""
    return textwrap.shorten(plain(text), MOST_HELP, placeholder=" ...")


def plain(text: str) -> str:
    """The text in ASCII."""
    text = "".join(PLAIN.get(char, char) for char in text)
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _assigned(variable: str, text: str) -> list[str]:
    pieces = textwrap.wrap(shortened(text), LINE, drop_whitespace=False) or [""]
    quoted = ['"' + piece.replace('"', '""') + '"' for piece in pieces]
    first = [f"    {variable} = {quoted[0]}"]
    return first + [f"    {variable} = {variable} & {piece}" for piece in quoted[1:]]
