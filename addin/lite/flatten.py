"""Lays several of our modules end to end as one readable file: imports merged, names made unique, the unused left out.

`flatten` takes module names, lowest room first, and the definitions that must be reached. What nothing reaches is left
out. A name keeps its spelling unless two modules use it or a local variable would hide it; then it gets its module in
front (``npv`` of ``cash_flow`` becomes ``cash_flow_npv``). Text, comments and layout stay as they were written.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tokenbook.udfs.errors import TokenbookError

FUTURE = "__future__"
REGISTERS = "excel_function"  # the decorator whose functions are taken one by one, as they are asked for


class FlattenError(TokenbookError):
    """A module is written in a way that cannot be laid end to end; a fault of the source, not of the user."""


@dataclass(frozen=True, slots=True)
class Section:
    """What one module gave: its name, what its docstring says, and its text in the file."""

    module: str
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Flat:
    """The result: the import lines, the sections in order, and where each kept definition went."""

    imports: str
    sections: tuple[Section, ...]
    names: Mapping[tuple[str, str], str]


Place = tuple[str, str]  # module, name


@dataclass(slots=True)
class Use:
    """A reference to a definition of ours: where it stands, and the local names that could hide another spelling."""

    target: Place
    start: int
    end: int
    hidden: frozenset[str]


@dataclass(slots=True)
class Statement:
    """A statement of a module's top level: what it defines, what it uses, and its text with the comment above it."""

    node: ast.stmt
    names: tuple[str, ...]
    text: str
    offset: int  # of the text in the source
    blank_before: int
    uses: list[Use] = field(default_factory=list)
    externals: set[str] = field(default_factory=set)
    registered: bool = False  # decorated with REGISTERS
    acts: bool = False  # does something beyond defining: decorated by us, a call, an assignment to an item


@dataclass(slots=True)
class Module:
    name: str
    source: str
    about: str
    statements: list[Statement]
    aliases: dict[str, str]  # local name -> module of ours
    borrowed: dict[str, Place]  # local name -> definition of another module of ours
    externals: dict[str, tuple[str, str]]  # local name -> (module, name or "")
    defined: set[str]


def flatten(
    sources: Mapping[str, str],
    roots: Iterable[Place],
    *,
    packages: Mapping[str, str] | None = None,
    instead: Mapping[str, str] | None = None,
    without_methods: Iterable[tuple[str, str, str]] = (),
) -> Flat:
    """One file out of several modules.

    Parameters
    ----------
    sources : mapping
        Module name -> source text, in an order in which each uses only what stands before it.
    roots : iterable of (module, name)
        Definitions that must be there.
    packages : mapping, optional
        Package name -> source of its ``__init__``, for names that are imported from there.
    instead : mapping, optional
        Module name -> the module of ``sources`` that takes its place.
    without_methods : iterable of (module, class, method)
        Methods to leave out.

    Raises
    ------
    FlattenError
        A module is used as a value, a name cannot be made unique, or a root does not exist.
    """
    dropped = {(module, f"{klass}.{method}") for module, klass, method in without_methods}
    known = {name: name for name in (*sources, *(packages or {}))} | dict(instead or {})
    modules = {name: _read(name, name, text, known, dropped) for name, text in sources.items()}
    shelves = {name: _read(name, f"{name}.__init__", text, known, dropped) for name, text in (packages or {}).items()}
    everything = {**modules, **shelves}
    for module in modules.values():
        for statement in module.statements:
            _classify(statement, module)
    kept = _without_duplicates(_reached(modules, roots, everything))
    names = _names(modules, kept)
    sections = tuple(
        Section(name, module.about, _text(module, kept, names)) for name, module in modules.items() if kept[name]
    )
    return Flat(_imports(modules, kept), sections, names)


# --- reading -----------------------------------------------------------------------------------------------------


def _read(name: str, file: str, source: str, known: Mapping[str, str], dropped: set[tuple[str, str]]) -> Module:
    source = _without_methods(name, source, dropped)
    tree = ast.parse(source)
    module = Module(name, source, _about(tree), [], {}, {}, {}, set())
    lines = source.splitlines(keepends=True)
    starts = _line_starts(lines)
    last = 0  # line (from 1) on which the statement before ended
    for position, node in enumerate(tree.body):
        begin = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            _read_import(module, file, node, known)
        elif not (_is_docstring(node) and position == 0) and not _is_main_guard(node) and not _is_all(node):
            first = _comment_start(lines, begin, last)
            blank = _blank_lines(lines, first, last)
            text = "".join(lines[first - 1 : node.end_lineno]).rstrip("\n")
            statement = Statement(node, _defined_names(node), text, starts[first - 1], blank)
            module.statements.append(statement)
            module.defined.update(statement.names)
        last = node.end_lineno
    return module


def _without_methods(name: str, source: str, dropped: set[tuple[str, str]]) -> str:
    lines = source.splitlines(keepends=True)
    for klass in reversed([node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]):
        for node in reversed(klass.body):
            if (name, f"{klass.name}.{getattr(node, 'name', '')}") in dropped:
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
                while first and not lines[first - 1].strip():
                    first -= 1
                del lines[first : node.end_lineno]
    return "".join(lines)


def _read_import(module: Module, file: str, node: ast.Import | ast.ImportFrom, known: Mapping[str, str]) -> None:
    if isinstance(node, ast.Import):
        for item in node.names:
            module.externals[item.asname or item.name.split(".")[0]] = (item.name, "")
        return
    base = _absolute(file, node)
    if base == FUTURE:
        return
    for item in node.names:
        local = item.asname or item.name
        if f"{base}.{item.name}" in known:
            module.aliases[local] = known[f"{base}.{item.name}"]
        elif base in known:
            module.borrowed[local] = (known[base], item.name)
        else:
            module.externals[local] = (base, item.name)


def _absolute(file: str, node: ast.ImportFrom) -> str:
    """The module that a ``from`` import in a file names."""
    if not node.level:
        return node.module or ""
    parts = file.split(".")[: -node.level]
    return ".".join([*parts, *((node.module or "").split(".") if node.module else [])])


def _about(tree: ast.Module) -> str:
    return (ast.get_docstring(tree) or "").strip()


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.dump(node.test)


def _is_all(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and _defined_names(node) == ("__all__",)


def _defined_names(node: ast.stmt) -> tuple[str, ...]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return (node.name,)
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    found = (part for target in targets if target is not None for part in ast.walk(target))
    return tuple(part.id for part in found if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store))


def _line_starts(lines: Sequence[str]) -> list[int]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return starts


def _comment_start(lines: Sequence[str], begin: int, last: int) -> int:
    """The first line of the comment that stands above a statement, even with a blank line between."""
    first = begin
    while first - 1 > last and (lines[first - 2].startswith("#") or not lines[first - 2].strip()):
        first -= 1
    while not lines[first - 1].strip():
        first += 1
    return first


def _blank_lines(lines: Sequence[str], first: int, last: int) -> int:
    return sum(not lines[number].strip() for number in range(last, first - 1))


# --- what uses what ----------------------------------------------------------------------------------------------


def _classify(statement: Statement, module: Module) -> None:
    node = statement.node
    decorators = {_decorator_name(item) for item in getattr(node, "decorator_list", ())}
    ours = module.defined | set(module.borrowed)
    statement.registered = REGISTERS in decorators
    statement.acts = bool(decorators & ours) or not statement.names


def _decorator_name(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.id if isinstance(node, ast.Name) else ""


class _Finder(ast.NodeVisitor):
    """Walks one statement with Python's scopes and notes each reference to a name of a module's top level."""

    def __init__(self, statement: Statement, module: Module, everything: Mapping[str, Module]):
        self.statement, self.module, self.everything = statement, module, everything
        self.scopes: list[tuple[str, set[str]]] = []  # ("function" or "class", names bound there)
        lines = module.source.splitlines(keepends=True)
        self.lines, self.starts = lines, _line_starts(lines)
        self.in_text: list[tuple[int, int]] = []  # spans of f-strings, whose inner positions Python 3.11 gets wrong
        self.frozen: dict[str, str] = {}

    # scopes

    def visit_FunctionDef(self, node):
        for part in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(part)
        for argument in _arguments(node.args):
            if argument.annotation:
                self.visit(argument.annotation)
        if node.returns:
            self.visit(node.returns)
        self._inside("function", _bound_in_function(node), node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        for part in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(part)
        self._inside("function", {argument.arg for argument in _arguments(node.args)}, [node.body])

    def visit_ClassDef(self, node):
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        bound: set[str] = set()
        for inner in node.body:
            bound |= _bound_by(inner)
        self._inside("class", bound, node.body)

    def _visit_comprehension(self, node):
        self.visit(node.generators[0].iter)
        bound = {part.id for g in node.generators for part in ast.walk(g.target) if isinstance(part, ast.Name)}
        self.scopes.append(("function", bound))
        for position, generator in enumerate(node.generators):
            self.visit(generator.target)
            if position:
                self.visit(generator.iter)
            for condition in generator.ifs:
                self.visit(condition)
        for name in ("elt", "key", "value"):
            if hasattr(node, name):
                self.visit(getattr(node, name))
        self.scopes.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def _inside(self, kind, bound, body):
        self.scopes.append((kind, bound))
        for node in body:
            self.visit(node)
        self.scopes.pop()

    # references

    def visit_JoinedStr(self, node):
        self.in_text.append(self._span(node))
        self.generic_visit(node)
        self.in_text.pop()

    def visit_Attribute(self, node):
        chain = [node.attr]
        base = node.value
        while isinstance(base, ast.Attribute):
            chain.append(base.attr)
            base = base.value
        if not isinstance(base, ast.Name) or self._is_local(base.id) or base.id not in self.module.aliases:
            self.generic_visit(node)
            return
        where = self.module.aliases[base.id]
        written = base.id
        chain.reverse()
        for position, name in enumerate(chain):
            written += f".{name}"
            found = _definition(where, name, self.everything)
            if found is None:
                raise FlattenError(f"{self.module.name}: {written} is not defined in {where}")
            if isinstance(found, tuple):
                outer = node
                for _ in chain[position + 1 :]:
                    outer = outer.value
                self._note(found, outer, written)
                return
            where = found
        raise FlattenError(f"{self.module.name}: the module {written} is used as a value")

    def visit_Name(self, node):
        if self._is_local(node.id):
            return
        module = self.module
        if node.id in module.defined:
            self._note((module.name, node.id), node, node.id)
        elif node.id in module.borrowed:
            target = _definition(*module.borrowed[node.id], self.everything)
            if not isinstance(target, tuple):
                raise FlattenError(f"{module.name}: {node.id} is a module or not defined")
            self._note(target, node, node.id)
        elif node.id in module.aliases:
            raise FlattenError(f"{module.name}: the module {node.id} is used as a value")
        elif node.id in module.externals:
            self.statement.externals.add(node.id)

    def _is_local(self, name):
        innermost = len(self.scopes) - 1
        return any(
            name in bound and (kind == "function" or depth == innermost)
            for depth, (kind, bound) in enumerate(self.scopes)
        )

    def _note(self, target, node, written):
        hidden = frozenset().union(*(bound for kind, bound in self.scopes)) if self.scopes else frozenset()
        if self.in_text:
            for start, end in _in_fstring(self.module.source, *self.in_text[0], written):
                self._use(target, start, end, hidden)
            return
        start, end = self._span(node)
        if self.module.source[start:end] != written:
            raise FlattenError(f"{self.module.name}, line {node.lineno}: {written} is written over several lines")
        self._use(target, start, end, hidden)

    def _use(self, target, start, end, hidden):
        if not any(use.start == start for use in self.statement.uses):
            self.statement.uses.append(Use(target, start, end, hidden))

    def _span(self, node):
        return (
            self._at(node.lineno, node.col_offset),
            self._at(node.end_lineno, node.end_col_offset),
        )

    def _at(self, line, column):
        """Position in the source; the parser counts columns in UTF-8 bytes."""
        text = self.lines[line - 1]
        return self.starts[line - 1] + len(text.encode()[:column].decode())


def _definition(module: str, name: str, everything: Mapping[str, Module]) -> Place | str | None:
    """What a name of a module stands for: a definition (module, name), a module of ours, or None."""
    here = everything[module]
    if name in here.defined:
        return module, name
    if name in here.aliases:
        return here.aliases[name]
    if name in here.borrowed:
        return _definition(*here.borrowed[name], everything)
    return f"{module}.{name}" if f"{module}.{name}" in everything else None


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    extra = [item for item in (arguments.vararg, arguments.kwarg) if item]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def _bound_in_function(node: ast.FunctionDef) -> set[str]:
    bound = {argument.arg for argument in _arguments(node.args)}
    outer: set[str] = set()
    for inner in node.body:
        bound |= _bound_by(inner)
        outer |= {name for part in ast.walk(inner) if isinstance(part, ast.Global) for name in part.names}
    return bound - outer


def _bound_by(node: ast.AST) -> set[str]:
    """Names that a statement binds in its own scope, without looking into scopes inside it."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(item.asname or item.name).split(".")[0] for item in node.names}
    if isinstance(node, ast.Lambda):
        return set()
    found: set[str] = set()
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return {p.target.id for p in ast.walk(node) if isinstance(p, ast.NamedExpr)}
    if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
        found.add(node.id)
    if isinstance(node, ast.ExceptHandler) and node.name:
        found.add(node.name)
    if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
        found.add(node.name)
    for inner in ast.iter_child_nodes(node):
        found |= _bound_by(inner)
    return found


def _in_fstring(source: str, start: int, end: int, written: str) -> list[tuple[int, int]]:
    """Where a name is written inside the braces of an f-string (its parts may be joined and prefixed)."""
    found, depth, position = [], 0, start
    pattern = re.compile(rf"(?<![\w.]){re.escape(written)}(?!\w)")
    while position < end:
        char = source[position]
        if char == "{" and depth == 0 and source.startswith("{{", position):
            position += 2
            continue
        if char == "{":
            depth += 1
        elif char == "}" and depth:
            depth -= 1
        elif depth:
            match = pattern.match(source, position)
            if match:
                found.append(match.span())
                position = match.end()
                continue
        position += 1
    if not found:
        raise FlattenError(f"{written!r} was not found in the text {source[start:end][:60]!r}")
    return found


# --- what stays, and under which name ----------------------------------------------------------------------------


def _reached(
    modules: Mapping[str, Module], roots: Iterable[Place], everything: Mapping[str, Module]
) -> dict[str, list[Statement]]:
    """The statements that the roots need, by module, in the order in which they were written."""
    by_place = {
        (module.name, name): statement
        for module in modules.values()
        for statement in module.statements
        for name in statement.names
    }
    todo = list(roots)
    for place in todo:
        if place not in by_place:
            raise FlattenError(f"{place[0]} has no {place[1]}")
    taken: set[int] = set()
    opened: set[str] = set()
    while todo:
        place = todo.pop()
        module = modules[place[0]]
        found = [by_place[place]]
        if module.name not in opened:  # what a module does when it is read belongs to each of its parts
            opened.add(module.name)
            found += [s for s in module.statements if s.acts and not s.registered]
        for statement in found:
            if id(statement) not in taken:
                taken.add(id(statement))
                _Finder(statement, module, everything).visit(statement.node)
                todo += [use.target for use in statement.uses]
    return {
        name: [statement for statement in module.statements if id(statement) in taken]
        for name, module in modules.items()
    }


def _without_duplicates(kept: Mapping[str, list[Statement]]) -> dict[str, list[Statement]]:
    """Equal constants of several modules (``MTOK_PER_HOUR = 0.0036``) are taken from where they stand first."""
    first: dict[str, Place] = {}
    same: dict[Place, Place] = {}
    for module, statements in kept.items():
        for statement in statements:
            only_itself = {use.target for use in statement.uses} <= {(module, name) for name in statement.names}
            if isinstance(statement.node, ast.Assign) and len(statement.names) == 1 and only_itself:
                name = statement.names[0]
                key = f"{name} {sorted(statement.externals)} {ast.dump(statement.node)}"
                place = first.setdefault(key, (module, name))
                if place != (module, name):
                    same[module, name] = place
    for statements in kept.values():
        for statement in statements:
            for use in statement.uses:
                use.target = same.get(use.target, use.target)
    return {
        module: [s for s in statements if not any((module, name) in same for name in s.names)]
        for module, statements in kept.items()
    }


def _names(modules: Mapping[str, Module], kept: Mapping[str, list[Statement]]) -> dict[Place, str]:
    """A unique global name for every definition that stays."""
    places = [(name, defined) for name in modules for s in kept[name] for defined in s.names]
    places = list(dict.fromkeys(places))
    hidden: dict[Place, set[str]] = {place: set() for place in places}
    for statements in kept.values():
        for statement in statements:
            for use in statement.uses:
                hidden[use.target] |= use.hidden
    taken = set(dir(builtins))
    for name, statements in kept.items():
        taken |= {local for s in statements for local in s.externals} & set(modules[name].externals)
    fixed = {(name, d) for name in modules for s in kept[name] if s.acts or s.registered for d in s.names}
    names: dict[Place, str] = {}
    for place in sorted(places, key=lambda place: place not in fixed):  # what registers itself keeps its name
        shared = sum(other[1] == place[1] for other in places) > 1
        choices = [_prefixed(place, parts) for parts in (1, 2, 3)]
        if place in fixed or not shared:
            choices.insert(0, place[1])
        for choice in choices:
            if choice not in taken and choice not in hidden[place]:
                names[place] = choice
                taken.add(choice)
                break
        else:
            raise FlattenError(f"{place[0]}: no free name for {place[1]}")
    return names


def _prefixed(place: Place, parts: int) -> str:
    """``_ratio`` of kernels.unit_cost as ``_unit_cost_ratio``; constants and classes in their own style."""
    module, name = place
    bare = name.lstrip("_")
    lead = "_" * (len(name) - len(bare))
    words = [word for part in module.split(".")[-parts:] for word in part.split("_")]
    if bare.isupper():
        return lead + "_".join([*(word.upper() for word in words), bare])
    if bare[0].isupper():
        return lead + "".join(word.capitalize() for word in words) + bare
    return lead + "_".join([*words, bare])


# --- writing -----------------------------------------------------------------------------------------------------


def _text(module: Module, kept: Mapping[str, list[Statement]], names: Mapping[Place, str]) -> str:
    pieces: list[str] = []
    before: Statement | None = None
    for statement in kept[module.name]:
        text = _renamed(statement, module, names)
        if before is not None:
            block = isinstance(statement.node, (ast.FunctionDef, ast.ClassDef)) or isinstance(
                before.node, (ast.FunctionDef, ast.ClassDef)
            )
            pieces.append("\n" * (2 if block else min(statement.blank_before, 1)))
        pieces.append(text + "\n")
        before = statement
    return "".join(pieces)


def _renamed(statement: Statement, module: Module, names: Mapping[Place, str]) -> str:
    edits = {(use.start, use.end): names[use.target] for use in statement.uses}
    text, start = statement.text, statement.offset
    if isinstance(statement.node, (ast.FunctionDef, ast.ClassDef)):
        old = statement.node.name
        found = re.compile(rf"^(?:def|class) ({re.escape(old)})\b", re.MULTILINE).search(text)
        edits[start + found.start(1), start + found.end(1)] = names[module.name, old]
    for (first, last), new in sorted(edits.items(), reverse=True):
        text = text[: first - start] + new + text[last - start :]
    return text


def _imports(modules: Mapping[str, Module], kept: Mapping[str, list[Statement]]) -> str:
    """The import lines, sorted as ruff sorts them: standard library, then others; ``import`` before ``from``."""
    import sys

    wanted: dict[str, tuple[str, str]] = {}
    for name, statements in kept.items():
        for local in {local for statement in statements for local in statement.externals}:
            target = modules[name].externals[local]
            if wanted.setdefault(local, target) != target:
                raise FlattenError(f"{name}: {local} is imported from two places")
    groups: tuple[list, list] = ([], [])
    for local, (base, name) in wanted.items():
        groups[base.split(".")[0] not in sys.stdlib_module_names].append((base, name, local))
    blocks = ["from __future__ import annotations"]
    for group in groups:
        plain = sorted(
            f"import {base}" + (f" as {local}" if local != base.split(".")[0] else "")
            for base, name, local in group
            if not name
        )
        froms: dict[str, list[str]] = {}
        for base, name, local in group:
            if name:
                froms.setdefault(base, []).append(name if name == local else f"{name} as {local}")
        lines = [_from_line(base, sorted(members, key=_member_order)) for base, members in sorted(froms.items())]
        if plain or lines:
            blocks.append("\n".join([*plain, *lines]))
    return "\n\n".join(blocks) + "\n"


def _from_line(base: str, members: list[str]) -> str:
    return f"from {base} import {', '.join(members)}"


def _member_order(member: str) -> tuple[int, str, str]:
    kind = 0 if member.isupper() and len(member) > 1 else 1 if member[0].isupper() else 2
    return kind, member.casefold(), member
