"""Mutants of the rules: each has one small fault, and the rules' own tests must notice it.

`make mutants` tries all of them. What is left alive is a test that is missing, or stands in `equivalent.toml` with the
reason why nobody could tell it from the original.
"""

from __future__ import annotations

import ast
import copy
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
RULES = sorted((ROOT / "src/traylane").glob("*/*_rules.py"))
TESTS = sorted((ROOT / "tests").glob("*/test_*_rules.py"))
EQUIVALENT = Path(__file__).with_name("equivalent.toml")

_NO_RULE = frozenset({"annotation", "returns"})
_OF_A_CLASS = frozenset({"keywords", "decorator_list"})
"""What says nothing about when a rule refuses: annotations, and how a structure is made."""
Fault = tuple[str, Callable[[], object]]
"""A name, and what makes it."""
_OTHER_COMPARISON: dict[type[ast.cmpop], tuple[str, type[ast.cmpop]]] = {
    ast.Eq: ("== → !=", ast.NotEq),
    ast.NotEq: ("!= → ==", ast.Eq),
    ast.Is: ("is → is not", ast.IsNot),
    ast.IsNot: ("is not → is", ast.Is),
    ast.In: ("in → not in", ast.NotIn),
    ast.NotIn: ("not in → in", ast.In),
    ast.Lt: ("< → <=", ast.LtE),
    ast.LtE: ("<= → <", ast.Lt),
    ast.Gt: ("> → >=", ast.GtE),
    ast.GtE: (">= → >", ast.Gt),
}
_OTHER_ARITHMETIC: dict[type[ast.operator], tuple[str, type[ast.operator]]] = {
    ast.Add: ("+ → -", ast.Sub),
    ast.Sub: ("- → +", ast.Add),
    ast.Mult: ("* → +", ast.Add),
}


@dataclass(frozen=True)
class Mutant:
    """One fault in one module. `name`: where and what, the same from run to run while the function stays as it is."""

    module: str
    name: str
    line: int
    source: str


def module_of(path: Path) -> str:
    """The name that a file is imported by."""
    return ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)


def mutants(path: Path) -> list[Mutant]:
    """Every mutant of a file."""
    module = module_of(path)
    tree = ast.parse(path.read_text())
    seen: Counter[str] = Counter()
    made = []
    for place, (node, inside) in enumerate(_nodes(tree)):
        for number, (what, _) in enumerate(_faults(node)):
            seen[f"{inside}: {what}"] += 1
            count = seen[f"{inside}: {what}"]
            name = f"{inside}: {what}" + (f" ({count})" if count > 1 else "")
            made.append(Mutant(module, name, getattr(node, "lineno", 0), _source(tree, place, number)))
    return made


def equivalent() -> dict[tuple[str, str], str]:
    """Mutants that nobody could tell from the original: module and name, and why."""
    found = tomllib.loads(EQUIVALENT.read_text())
    return {(module, name): why for module, names in found.items() for name, why in names.items()}


def _source(tree: ast.Module, place: int, number: int) -> str:
    changed = copy.deepcopy(tree)
    node = next(found for i, (found, _) in enumerate(_nodes(changed)) if i == place)
    _, make = next(fault for i, fault in enumerate(_faults(node)) if i == number)
    make()
    return ast.unparse(ast.fix_missing_locations(changed))


def _nodes(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Every node with the name of the function, class or value that it stands in; no annotation."""
    for statement in tree.body:
        name = _name(statement)
        if name:
            for node in _within(statement):
                yield node, name


def _within(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for field, value in ast.iter_fields(node):
        if field not in (_OF_A_CLASS if isinstance(node, ast.ClassDef) else _NO_RULE):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _within(child)


def _name(statement: ast.stmt) -> str:
    match statement:
        case ast.FunctionDef() | ast.ClassDef():
            return statement.name
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return ""


def _faults(node: ast.AST) -> Iterator[Fault]:
    """What can be made wrong about one node: a name, and what does it."""
    match node:
        case ast.Compare():
            yield from _of_comparison(node)
        case ast.BoolOp():
            yield from _of_bool(node)
        case ast.If() | ast.IfExp():
            yield "condition turned round", lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))
        case ast.UnaryOp(op=ast.Not()):
            yield "not dropped", lambda: _become(node, ast.UnaryOp(ast.Not(), ast.UnaryOp(ast.Not(), node.operand)))
        case ast.BinOp() if type(node.op) in _OTHER_ARITHMETIC:
            said, other = _OTHER_ARITHMETIC[type(node.op)]
            yield said, lambda: setattr(node, "op", other())
        case ast.Constant(value=bool() as value):
            yield f"{value} → {not value}", partial(setattr, node, "value", not value)
        case ast.Constant(value=(int() | float()) as number):
            yield f"{number} → {number + 1}", partial(setattr, node, "value", number + 1)
        case ast.Tuple(elts=[_, *_]) if all(isinstance(part, (ast.Name, ast.Starred)) for part in node.elts):
            yield from _of_tuple(node)
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield "answer dropped", lambda: setattr(node, "value", ast.Constant(None))


def _of_comparison(node: ast.Compare) -> Iterator[Fault]:
    for i, op in enumerate(node.ops):
        said, other = _OTHER_COMPARISON[type(op)]
        yield said, partial(node.ops.__setitem__, i, other())


def _of_bool(node: ast.BoolOp) -> Iterator[Fault]:
    said, other = ("and → or", ast.Or) if isinstance(node.op, ast.And) else ("or → and", ast.And)
    yield said, lambda: setattr(node, "op", other())
    for i, value in enumerate(node.values):
        if len(node.values) > 2:
            yield f"{ast.unparse(value)} dropped", partial(node.values.pop, i)


def _of_tuple(node: ast.Tuple) -> Iterator[Fault]:
    for i, part in enumerate(node.elts):
        if isinstance(node.ctx, ast.Load):
            yield f"{ast.unparse(part)} dropped", partial(node.elts.pop, i)


def _become(node: ast.AST, other: ast.AST) -> None:
    node.__class__ = other.__class__
    node.__dict__.clear()
    node.__dict__.update(other.__dict__)
