"""The source text of a definition, and its digest: what a value's definition was, told from the code itself.

The text is the definition's attributes, the expression of its rows, and everything that expression names in its own
module, in one spelling: blanks, line breaks and comments do not change it, anything else does.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import lru_cache
from typing import Any

from yunpu.kernel.digests import sm3_hex
from yunpu.stages.indicators.definitions import Indicator

_EXPRESSIONS = ("rows", "known_by")
_LATER = {
    "at": ""
}  # attributes told only where they are used: they came when definitions were in use already


def definition_text(indicator: Indicator) -> str:
    """The whole definition as text, for the digest and for the record."""
    attributes = [
        f"{item.name} = {getattr(indicator, item.name)!r}"
        for item in fields(indicator)
        if item.name not in _EXPRESSIONS and getattr(indicator, item.name) != _LATER.get(item.name)
    ]
    texts = [f"{name} = {rows_text(rows)}" for name, rows in _expressions(indicator)]
    named = (text for _name, rows in _expressions(indicator) for text in _named_texts(rows))
    return "\n".join([*attributes, *texts, *dict.fromkeys(named)])


def _expressions(indicator: Indicator) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions of a definition, by name."""
    for name in _EXPRESSIONS:
        rows = getattr(indicator, name)
        if rows is not None:
            yield name, rows


def definition_digest(indicator: Indicator) -> str:
    """The SM3 digest of the definition's text."""
    return sm3_hex(definition_text(indicator).encode())


def rows_text(rows: Callable[..., Any]) -> str:
    """The expression of the rows in one spelling."""
    return ast.unparse(rows_node(rows))


def place_of(rows: Callable[..., Any]) -> str:
    """Where the rows are defined: file and line, as an editor opens them."""
    code = rows.__code__
    return f"{'/'.join(code.co_filename.split('/')[-3:])}:{code.co_firstlineno}"


def rows_node(rows: Callable[..., Any]) -> ast.Lambda | ast.FunctionDef:
    """The syntax of the function that gives the rows."""
    code = rows.__code__
    found = [
        node
        for node in ast.walk(_module_tree(code.co_filename))
        if isinstance(node, ast.Lambda | ast.FunctionDef) and _starts(node) == code.co_firstlineno
    ]
    if len(found) > 1:  # several on one line: the one whose body holds the first instruction
        columns = [at[2] for at in code.co_positions() if at[2] and at[0] == code.co_firstlineno]
        found = [node for node in found if node.col_offset <= min(columns) <= (node.end_col_offset or 0)][-1:]
    assert len(found) == 1, f"{code.co_filename}:{code.co_firstlineno}: no single definition of rows"
    return found[0]


def _starts(node: ast.Lambda | ast.FunctionDef) -> int:
    first = node.decorator_list[0] if isinstance(node, ast.FunctionDef) and node.decorator_list else node
    return first.lineno


@lru_cache(maxsize=64)
def _module_tree(path: str) -> ast.Module:
    with open(path, encoding="utf-8") as file:
        return ast.parse(file.read())


def _named_texts(rows: Callable[..., Any]) -> Iterator[str]:
    """What the rows name: values they close over, then top-level definitions of their module, by name."""
    closed = inspect.getclosurevars(rows).nonlocals
    yield from (f"{name} = {closed[name]!r}" for name in sorted(closed))
    top = _top_level(_module_tree(rows.__code__.co_filename))
    wanted, seen = _names(rows_node(rows)), set[str]()
    while fresh := sorted((wanted - seen) & set(top)):
        for name in fresh:
            seen.add(name)
            wanted |= _names(top[name])
            yield ast.unparse(top[name])


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _top_level(tree: ast.Module) -> dict[str, ast.stmt]:
    """The module's statements by the names they bind."""
    bound: dict[str, ast.stmt] = {}
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                bound[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                bound[name] = statement
            case ast.Import(names=names):
                bound |= {alias.asname or alias.name: ast.Import([alias]) for alias in names}
            case ast.ImportFrom(module=module, names=names, level=level):
                bound |= {
                    alias.asname or alias.name: ast.ImportFrom(module, [alias], level) for alias in names
                }
    return bound
