"""A definition's formula as a reader understands it: column titles for names, Chinese for the operators.

Only for showing: the exact expression is kept beside it. What has no wording here stands as it is written.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from yunpu.kernel.text import mark as _
from yunpu.stages.indicators.definitions import Indicator
from yunpu.stages.indicators.sources import rows_node
from yunpu.stages.snapshots.tables import FrozenTable

_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "＝",
    ast.NotEq: "≠",
    ast.Lt: "＜",
    ast.LtE: "≤",
    ast.Gt: "＞",
    ast.GtE: "≥",
}
_METHODS = {
    "in_period": _("%(first)s在本期"),
    "up_to_period": _("%(first)s在本期或以前"),
    "is_null": _("%(first)s为空"),
    "is_in": _("%(first)s属于 %(rest)s"),
    "is_between": _("%(first)s介于 %(rest)s"),
}
_WHERE = _("%(measure)s，其中 %(conditions)s")


def formula_of(indicator: Indicator, table: FrozenTable | None) -> str:
    """The measure, and the conditions of the rows: 合计（收回金额），其中 状态＝已批准，批准日在本期."""
    titles = {column.name: column.title for column in table.columns} if table else {}
    measure = indicator.measure
    words = measure.words() % {"column": titles.get(measure.column, measure.column)}
    conditions = _conditions(indicator, titles)
    return _WHERE % {"measure": words, "conditions": conditions} if conditions else words


def _conditions(indicator: Indicator, titles: Mapping[str, str]) -> str:
    node = rows_node(indicator.rows)
    if isinstance(node, ast.FunctionDef):
        return ast.unparse(node)
    return "，".join(_Wording(titles).filters(node.body))


class _Wording:
    """Words one expression."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self.titles = titles

    def filters(self, node: ast.expr) -> list[str]:
        """The conditions of a chain of filters, the first first; any other call in it as it is written."""
        match node:
            case ast.Call(func=ast.Attribute(value=inner, attr="filter"), args=args):
                return [*self.filters(inner), *(self.words(arg) for arg in args)]
            case ast.Call(func=ast.Attribute(value=inner, attr=attr), args=args):
                return [*self.filters(inner), f"{attr}({', '.join(ast.unparse(arg) for arg in args)})"]
        return []

    def words(self, node: ast.expr) -> str:
        match node:
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _COMPARE:
                return f"{self.words(left)} {_COMPARE[type(operator)]} {self.words(right)}"
            case ast.BinOp(left=left, op=ast.BitAnd(), right=right):
                return _("（%(left)s 且 %(right)s）") % {"left": self.words(left), "right": self.words(right)}
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return _("（%(left)s 或 %(right)s）") % {"left": self.words(left), "right": self.words(right)}
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                return _("不是（%(condition)s）") % {"condition": self.words(operand)}
            case ast.Call(func=ast.Attribute(attr="col"), args=[ast.Constant(value=str(name))]):
                return self.titles.get(name, name)
            case ast.Call(func=ast.Attribute(value=inner, attr=attr), args=args) if attr in _METHODS:
                first = self._first(inner, attr, args)
                rest = "、".join(self.words(arg) for arg in args)
                return _METHODS[attr] % {"first": first, "rest": rest}
            case ast.Constant(value=value):
                return str(value)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return "、".join(self.words(part) for part in parts)
            case ast.Attribute(attr=attr):
                return attr
        return ast.unparse(node)

    def _first(self, inner: ast.expr, attr: str, args: list[ast.expr]) -> str:
        """What the method is about: its column, or, for the context's own methods, their argument's column."""
        if attr in ("in_period", "up_to_period"):
            named = args[0]
            return self.titles.get(named.value, named.value) if isinstance(named, ast.Constant) else ast.unparse(named)
        return self.words(inner)
