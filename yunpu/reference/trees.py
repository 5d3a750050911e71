"""Trees kept as child → parent: cycles, chains and paths. Pure: no table is known here."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def chain(node: K, parents: Mapping[K, K | None]) -> list[K]:
    """The node and those above it, the root first. Raises ValueError where the way up runs in a circle.

    A parent that is no node of the tree ends the way: what stands below it is a root here.
    """
    found: list[K] = []
    seen: set[K] = set()
    here: K | None = node
    while here is not None and here in parents:
        if here in seen:
            raise ValueError(f"{node!r} stands above itself")
        seen.add(here)
        found.append(here)
        here = parents[here]
    return found[::-1]


def list_circling(parents: Mapping[K, K | None]) -> set[K]:
    """Every node whose way up never ends: those in a circle, and those below one. Each node is walked once."""
    ends: dict[K, bool] = {}
    for node in parents:
        walked: list[K] = []
        here: K | None = node
        while here is not None and here in parents and here not in ends:
            ends[here] = False  # until it is known better: met again on the same walk, it is a circle
            walked.append(here)
            here = parents[here]
        good = here is None or here not in parents or ends[here]
        for one in walked:
            ends[one] = good
    return {node for node, good in ends.items() if not good}


def paths(parents: Mapping[K, K | None]) -> dict[K, tuple[K, ...]]:
    """The chain of every node, from the root to itself. Nodes of a circle are left out."""
    circling = list_circling(parents)
    made: dict[K, tuple[K, ...]] = {}
    for node in parents:
        if node in circling:
            continue
        waiting: list[K] = []
        here: K | None = node
        while here is not None and here in parents and here not in made:
            waiting.append(here)
            here = parents[here]
        above: tuple[K, ...] = made[here] if here is not None and here in made else ()
        for one in reversed(waiting):
            above = made[one] = (*above, one)
    return made


def below(node: K, parents: Mapping[K, K | None]) -> set[K]:
    """The node and everything below it."""
    children: dict[K | None, list[K]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    found: set[K] = set()
    waiting: list[K] = [node]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += children.get(here, [])
    return found


def in_order(parents: Mapping[K, K | None], order: Iterable[K]) -> list[tuple[K, int]]:
    """The nodes as a table of contents: each with its depth, children under their parent, siblings as in `order`."""
    children: dict[K | None, list[K]] = {}
    for node in order:
        parent = parents[node]
        children.setdefault(parent if parent in parents else None, []).append(node)
    lines: list[tuple[K, int]] = []
    waiting = [(node, 0) for node in reversed(children.get(None, []))]
    while waiting:
        node, depth = waiting.pop()
        lines.append((node, depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(node, []))]
    return lines
