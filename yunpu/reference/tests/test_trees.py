"""Trees as child → parent, against slow twins that walk every way up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunpu.reference import trees

nodes = st.integers(0, 12)
graphs = st.dictionaries(nodes, st.none() | nodes, max_size=13)


def climb(node, parents):
    """The way up, or None where it never ends."""
    way = []
    while node is not None and node in parents:
        if node in way:
            return None
        way.append(node)
        node = parents[node]
    return way[::-1]


@given(graphs)
def test_what_circles_is_what_never_ends(parents):
    assert trees.list_circling(parents) == {node for node in parents if climb(node, parents) is None}


@given(graphs)
def test_paths_are_the_ways_up(parents):
    expected = {node: tuple(way) for node in parents if (way := climb(node, parents)) is not None}
    assert trees.paths(parents) == expected


@given(graphs, nodes)
def test_a_chain_is_the_way_up_or_is_refused(parents, node):
    way = climb(node, parents)
    if way is None:
        with pytest.raises(ValueError, match="above itself"):
            trees.chain(node, parents)
    else:
        assert trees.chain(node, parents) == way


@given(graphs)
def test_below_is_everything_whose_way_up_meets_the_node(parents):
    for node in parents:
        if climb(node, parents) is None:
            continue
        expected = {one for one in parents if node in (climb(one, parents) or [])}
        assert trees.below(node, parents) == expected | {node}


@given(graphs)
def test_a_table_of_contents_has_every_node_once_under_its_parent(parents):
    lines = trees.in_order(parents, sorted(parents))
    good = trees.paths(parents)
    assert sorted(node for node, _depth in lines) == sorted(good)
    assert all(depth == len(good[node]) - 1 for node, depth in lines)
    for index, (node, depth) in enumerate(lines):
        above = next((one for one, d in reversed(lines[:index]) if d < depth), None)
        assert above == (parents[node] if parents[node] in parents else None)
