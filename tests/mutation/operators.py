"""Small faults of one module's source: each as the stretch of text it replaces, and what stands there instead.

Text is replaced and nothing is printed anew, so a survivor's diff is the line a reader knows. Left out by kind, as no
test should notice them: annotations, docstrings and other texts, what a ``raise`` says, ``__slots__`` and ``__all__``,
arguments of ``dataclass`` and of caches, ``__repr__``, and code for type checkers only.
"""

import ast
from collections import Counter
from dataclasses import dataclass, replace

COMPARISONS = {
    ast.Lt: ("<=", ">="), ast.LtE: ("<", ">"), ast.Gt: (">=", "<="), ast.GtE: (">", "<"),
    ast.Eq: ("!=",), ast.NotEq: ("==",), ast.Is: ("is not",), ast.IsNot: ("is",),
    ast.In: ("not in",), ast.NotIn: ("in",),
}  # fmt: skip
ARITHMETIC = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*", ast.Mod: "//", ast.Pow: "*",
    ast.BitAnd: "|", ast.BitOr: "&", ast.LShift: ">>", ast.RShift: "<<", ast.MatMult: "*",
    ast.BitXor: "&",
}  # fmt: skip
LOOKUPS = {"get", "pop", "startswith", "endswith", "find", "partition", "rpartition", "split", "removeprefix", "strip"}
QUIET_NAMES = {"__slots__", "__all__", "__repr__", "__version__"}
QUIET_KEYWORDS = {"help", "description", "title", "message", "meaning", "name", "unit", "units", "example", "examples"}
QUIET_KEYWORDS |= {"order", "strict", "block", "maxsize"}  # the answers are the same


@dataclass(frozen=True)
class Mutant:
    path: str
    kind: str
    function: str  # dotted name of the function it stands in, "" at the top of the module
    is_called: bool  # False at the top of the module or a class and in what is cached
    line: int
    start: int
    stop: int
    old: str
    new: str
    turn: int = 0  # which of equal faults in one function

    @property
    def id(self) -> str:
        """The same as long as the function keeps this piece of text, wherever its lines move."""
        return f"{self.path}:{self.function}:{self.kind}:{self.old}->{self.new}:{self.turn}"

    def applied(self, source: str) -> str:
        data = source.encode()
        return (data[: self.start] + self.new.encode() + data[self.stop :]).decode()


def mutants(source: str, path: str) -> list[Mutant]:
    finder = _Finder(source, path)
    finder.visit_body(ast.parse(source).body)
    found, turns = [], Counter()
    for mutant in sorted(finder.found, key=lambda mutant: (mutant.start, mutant.kind, mutant.new)):
        found.append(replace(mutant, turn=turns[mutant.id]))
        turns[replace(mutant, turn=0).id] += 1
    return found


def parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def names_in(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {
        n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)
    }


class _Finder:
    def __init__(self, source: str, path: str):
        self.path, self.data, self.found = path, source.encode(), []
        self.offsets = [0]
        for line in self.data.splitlines(keepends=True):
            self.offsets.append(self.offsets[-1] + len(line))
        self.functions: list[tuple[str, bool]] = []

    # Places

    def span(self, node: ast.AST) -> tuple[int, int]:
        return (
            self.offsets[node.lineno - 1] + node.col_offset,
            self.offsets[node.end_lineno - 1] + node.end_col_offset,
        )

    def text(self, node: ast.AST) -> str:
        start, stop = self.span(node)
        return self.data[start:stop].decode()

    def add(self, kind: str, start: int, stop: int, new: str) -> None:
        name, is_called = self.functions[-1] if self.functions else ("", False)
        line = self.data.count(b"\n", 0, start) + 1
        self.found.append(
            Mutant(self.path, kind, name, is_called, line, start, stop, self.data[start:stop].decode(), new)
        )

    def between(self, left: ast.AST, right: ast.AST) -> tuple[int, int]:
        """The operator between two operands, without brackets and blanks."""
        start, stop = self.span(left)[1], self.span(right)[0]
        text = self.data[start:stop]
        kept = text.lstrip(b" \n\t)\\")
        start += len(text) - len(kept)
        return start, start + len(kept.rstrip(b" \n\t(\\"))

    # Walking

    def visit_body(self, body: list[ast.stmt]) -> None:
        for place, statement in enumerate(body):
            is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if not is_text or (place > 0 and not isinstance(statement.value.value, str)):
                self.visit(statement)

    def visit(self, node: ast.AST) -> None:
        handler = getattr(self, f"on_{type(node).__name__}", None)
        if handler is None or handler(node) is not False:
            self.children(node)

    def children(self, node: ast.AST) -> None:
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "type_comment"):
                continue
            if name in ("body", "orelse", "finalbody") and isinstance(value, list):
                self.visit_body(value)
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self.visit(child)

    def on_FunctionDef(self, node: ast.FunctionDef) -> bool:
        cached = any("cache" in ast.unparse(d) for d in node.decorator_list)
        for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
            if part is not None and not {"dataclass", "cache", "lru_cache"} & names_in(part):
                self.visit(part)
        if node.name in QUIET_NAMES:
            return False
        outer = f"{self.functions[-1][0]}." if self.functions else ""
        self.functions.append((outer + node.name, not cached))
        self.visit_body(node.body)
        self.functions.pop()
        return False

    on_AsyncFunctionDef = on_FunctionDef

    def on_ClassDef(self, node: ast.ClassDef) -> bool:
        self.functions.append((".".join([*(f for f, _ in self.functions[-1:]), node.name]), False))
        self.visit_body(node.body)
        self.functions.pop()
        return False

    def on_Assign(self, node: ast.Assign) -> bool | None:
        quiet = any(isinstance(target, ast.Name) and target.id in QUIET_NAMES for target in node.targets)
        return False if quiet or {"TypeVar", "Literal"} & names_in(node.value) else None

    def on_AnnAssign(self, node: ast.AnnAssign) -> bool | None:
        return False if "TypeAlias" in names_in(node.annotation) else None

    # Statements

    def on_Raise(self, node: ast.Raise) -> bool:
        self.add("raise left out", *self.span(node), "pass")
        return False

    def on_Assert(self, node: ast.Assert) -> bool:
        return False

    def on_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self.add("call left out", *self.span(node), "pass")

    def on_Continue(self, node: ast.Continue) -> None:
        self.add("loop", *self.span(node), "break")

    def on_Break(self, node: ast.Break) -> None:
        self.add("loop", *self.span(node), "continue")

    def on_If(self, node: ast.If) -> bool | None:
        if {"TYPE_CHECKING", "__name__"} & names_in(node.test):
            return False
        self.add("condition", *self.span(node.test), f"not ({self.text(node.test)})")
        return None

    def on_IfExp(self, node: ast.IfExp) -> None:
        self.add("condition", *self.span(node.test), f"(not ({self.text(node.test)}))")

    def on_AugAssign(self, node: ast.AugAssign) -> None:
        start, stop = self.between(node.target, node.value)
        if type(node.op) in ARITHMETIC:
            self.add("arithmetic", start, stop, ARITHMETIC[type(node.op)] + "=")

    # Expressions

    def on_Compare(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for place, operator in enumerate(node.ops):
            start, stop = self.between(operands[place], operands[place + 1])
            for new in COMPARISONS[type(operator)]:
                self.add("comparison", start, stop, new)
        for operand in operands:
            self.texts(operand)

    def on_BoolOp(self, node: ast.BoolOp) -> None:
        for left, right in zip(node.values, node.values[1:], strict=False):
            self.add("and, or", *self.between(left, right), "or" if isinstance(node.op, ast.And) else "and")

    def on_BinOp(self, node: ast.BinOp) -> None:
        is_text = any(
            isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, (str, bytes)))
            for side in (node.left, node.right)
        )
        if not is_text:
            self.add("arithmetic", *self.between(node.left, node.right), ARITHMETIC[type(node.op)])

    def on_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, (ast.Not, ast.USub, ast.Invert)):
            self.add("sign", *self.span(node), f"({self.text(node.operand)})")

    def on_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self.add("constant", *self.span(node), str(not value))
        elif isinstance(value, int):
            self.add("constant", *self.span(node), str(value + 1))
        elif isinstance(value, float):
            self.add("constant", *self.span(node), repr(value * 1.5 or 1.0))

    def on_JoinedStr(self, node: ast.JoinedStr) -> bool:
        return False

    def on_Subscript(self, node: ast.Subscript) -> None:
        self.texts(node.slice)

    def texts(self, node: ast.AST) -> None:
        """Texts that decide something: compared, looked up."""
        for part in node.elts if isinstance(node, (ast.Tuple, ast.Set, ast.List)) else [node]:
            if isinstance(part, ast.Constant) and isinstance(part.value, (str, bytes)):
                start, stop = self.span(part)
                quote = self.text(part)[-1]
                self.add("text", start, stop, self.text(part)[:-1] + "~" + quote)

    def on_Call(self, node: ast.Call) -> bool | None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name.endswith(("Error", "Warning")) or name in {"warn", "cast", "lru_cache", "dataclass", "TypeVar"}:
            return False
        if name in LOOKUPS and node.args:
            self.texts(node.args[0])
        parts = [*node.args, *node.keywords]
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg in QUIET_KEYWORDS:
                continue
            before = [part for part in parts if self.place(part) < self.place(keyword)]
            start = max((self.span(part)[1] for part in before), default=None)
            if start is not None and b")" not in self.data[start : self.span(keyword)[0]]:
                self.add("argument left out", start, self.span(keyword)[1], "")
            elif start is None:
                self.add("argument left out", *self.span(keyword), "")
        return None

    def place(self, node: ast.AST) -> int:
        return self.span(node)[0]

    def on_keyword(self, node: ast.keyword) -> bool | None:
        return False if node.arg in QUIET_KEYWORDS else None
