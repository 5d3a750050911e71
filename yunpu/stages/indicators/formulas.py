"""A figure's formula as a reader understands it, told from the very expression that was run.

Column titles stand for names, Chinese for operators. What has no wording here stands as it is written. Reading the
stored expression, and not the code, a figure explains itself also when its definition has changed since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import duckdb

from yunpu.kernel.text import Translate, fill, untranslated
from yunpu.kernel.text import mark as _
from yunpu.stages.indicators.definitions import Measure
from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable

_COMPARE = {
    "COMPARE_EQUAL": "＝",
    "COMPARE_NOTEQUAL": "≠",
    "COMPARE_LESSTHAN": "＜",
    "COMPARE_LESSTHANOREQUALTO": "≤",
    "COMPARE_GREATERTHAN": "＞",
    "COMPARE_GREATERTHANOREQUALTO": "≥",
}
_BETWEEN = _("%(column)s在 %(first)s 至 %(last)s")
_NULL = _("%(operand)s为空")
_NOT_NULL = _("%(operand)s不为空")
_NOT = _("不是（%(operand)s）")
_EITHER = _(" 或 ")
_BOTH = _(" 且 ")
_ONE_OF = _("%(operand)s为 %(list)s 之一")
_YEAR = _("%(operand)s的年份")
_WHERE = _("%(measure)s，其中 %(conditions)s")


def formula(
    sql: str, measure: Measure, table: FrozenTable | None, translate: Translate = untranslated
) -> str:
    """The measure, and the conditions of the rows: 合计（收回金额），其中 状态 ＝ 已批准，批准日在 … 至 …."""
    columns = {column.name: column for column in table.columns} if table else {}
    wording = _Wording(sql, columns, translate)
    words = fill(measure.words(), {"column": wording.title(measure.column)}, translate)
    conditions = wording.conditions()
    return (
        fill(_WHERE, {"measure": words, "conditions": "，".join(conditions)}, translate)
        if conditions
        else words
    )


@lru_cache(maxsize=512)
def _syntax(sql: str) -> dict[str, Any]:
    """The syntax of an expression, as DuckDB itself reads it."""
    with duckdb.connect() as connection:
        found = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    assert found is not None
    node: dict[str, Any] = json.loads(found[0])["statements"][0]["node"]
    return node


class _Wording:
    """Words the conditions of one expression."""

    def __init__(self, sql: str, columns: Mapping[str, FrozenColumn], translate: Translate) -> None:
        self.sql, self.columns, self.translate = sql, columns, translate

    def title(self, name: str) -> str:
        """What a column is called."""
        return self.translate(self.columns[name].title) if name in self.columns else name

    def conditions(self) -> list[str]:
        """The conditions that all hold, in order; an expression with joins as it is written."""
        node = _syntax(self.sql)
        if (
            node.get("type") != "SELECT_NODE"
            or node["from_table"]["type"] != "BASE_TABLE"
            or node["cte_map"]["map"]
        ):
            return [self.sql]
        return self._all(node["where_clause"]) if node.get("where_clause") else []

    def _all(self, node: dict[str, Any]) -> list[str]:
        parts = _flat(node)
        said: list[str] = []
        at = 0
        while at < len(parts):
            between = self._between(parts[at], parts[at + 1]) if at + 1 < len(parts) else ""
            said.append(between or self._words(parts[at]))
            at += 2 if between else 1
        return said

    def _between(self, low: dict[str, Any], high: dict[str, Any]) -> str:
        """A pair of bounds of one column as one condition; empty where it is none."""
        bounds = (low.get("type"), high.get("type"))
        if bounds != ("COMPARE_GREATERTHANOREQUALTO", "COMPARE_LESSTHANOREQUALTO"):
            return ""
        column, other = self._words(low["left"]), self._words(high["left"])
        if column != other:
            return ""
        return self._say(
            _BETWEEN, column=column, first=self._words(low["right"]), last=self._words(high["right"])
        )

    def _words(self, node: dict[str, Any]) -> str:
        match node:
            case {"class": "COLUMN_REF", "column_names": [*_tables, name]}:
                return self.title(name)
            case {"class": "CONSTANT", "literal": {"text": text}}:
                return str(text)
            case {"class": "CAST", "child": child}:
                return self._words(child)
            case {"class": "COMPARISON", "type": kind, "left": left, "right": right} if kind in _COMPARE:
                return f"{self._words(left)} {_COMPARE[kind]} {self._named(right, left)}"
            case {"class": "CONJUNCTION", "type": kind, "children": children}:
                word = self.translate(_BOTH if kind == "CONJUNCTION_AND" else _EITHER)
                return f"（{word.join(self._words(child) for child in children)}）"
            case {"class": "OPERATOR", "type": "OPERATOR_IS_NULL", "children": [operand]}:
                return self._say(_NULL, operand=self._words(operand))
            case {"class": "OPERATOR", "type": "OPERATOR_IS_NOT_NULL", "children": [operand]}:
                return self._say(_NOT_NULL, operand=self._words(operand))
            case {"class": "OPERATOR", "type": "OPERATOR_NOT", "children": [operand]}:
                return self._not(operand)
            case {"class": "FUNCTION", "function_name": "contains", "arguments": [whole, part]}:
                choice = self._choice(whole["expression"], part["expression"])
                return self._say(_ONE_OF, operand=self._words(part["expression"]), list=choice)
            case {"class": "FUNCTION", "function_name": "year", "arguments": [operand]}:
                return self._say(_YEAR, operand=self._words(operand["expression"]))
        return self._written(node)

    def _choice(self, node: dict[str, Any], of: dict[str, Any]) -> str:
        """The members of a list, by what a column calls them."""
        match node:
            case {"class": "FUNCTION", "function_name": "list_value", "arguments": parts}:
                return "、".join(self._named(part["expression"], of) for part in parts)
        return self._words(node)

    def _named(self, node: dict[str, Any], of: dict[str, Any]) -> str:
        """A constant by what the code list of the column beside it calls it."""
        said = self._words(node)
        match of:
            case {"class": "COLUMN_REF", "column_names": [*_tables, name]} if name in self.columns:
                return self.translate(self.columns[name].label(said))
        return said

    def _not(self, operand: dict[str, Any]) -> str:
        if operand.get("type") == "OPERATOR_IS_NULL":
            return self._say(_NOT_NULL, operand=self._words(operand["children"][0]))
        return self._say(_NOT, operand=self._words(operand))

    def _written(self, node: dict[str, Any]) -> str:
        """The part of the expression itself."""
        start, length = node["query_location"], node.get("query_location_length", 0)
        return self.sql.encode()[start : start + length].decode() if length else self.sql

    def _say(self, template: str, **params: str) -> str:
        return fill(template, params, self.translate)


def _flat(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of nested ANDs, in order."""
    if node.get("type") != "CONJUNCTION_AND":
        return [node]
    return [part for child in node["children"] for part in _flat(child)]
