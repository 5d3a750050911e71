"""Trees: every leaf has a proof, no other leaf has it, and any change of any leaf changes the root."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunpu.kernel.digests import sm3_hex
from yunpu.kernel.merkle import is_proved, leaf_of, proof_of, root_of

messages = st.lists(st.binary(max_size=8), min_size=1, max_size=300, unique=True)


def test_small_trees_are_as_they_are_described():
    leaf = leaf_of(b"a")
    assert leaf.hex() == sm3_hex(b"\x00a")
    assert root_of([leaf]) == leaf
    many = [leaf_of(bytes([n])) for n in range(17)]
    first = bytes.fromhex(sm3_hex(b"\x01" + b"".join(many[:16])))
    second = bytes.fromhex(sm3_hex(b"\x01" + many[16]))
    assert root_of(many).hex() == sm3_hex(b"\x01" + first + second)


@given(messages, st.data())
def test_every_leaf_is_proved_and_no_other(texts, data):
    leaves = [leaf_of(text) for text in texts]
    place = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = proof_of(leaves, place), root_of(leaves)
    assert is_proved(leaves[place], proof, root)
    assert not is_proved(leaf_of(b"something else that is long"), proof, root)


@given(messages, st.data())
def test_another_order_has_another_root(texts, data):
    leaves = [leaf_of(text) for text in texts]
    other = data.draw(st.permutations(leaves))
    assert (root_of(leaves) == root_of(other)) == (leaves == other)


def test_a_tree_without_leaves_is_a_defect():
    with pytest.raises(AssertionError):
        root_of([])
