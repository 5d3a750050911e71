"""Masks show what may be shown, and never all of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunpu.kernel.masking import Mask, masked


@pytest.mark.parametrize(
    ("text", "mask", "shown"),
    [
        ("36010419900307123X", Mask.IDENTITY, "360104********123X"),
        ("13812345678", Mask.PHONE, "138****5678"),
        ("张三丰", Mask.NAME, "张*"),
        ("6222021234567890123", Mask.BANK, "****0123"),
        ("江西省某处", Mask.ALL, "****"),
        ("1381234", Mask.PHONE, "****"),
        ("张", Mask.NAME, "*"),
        ("", Mask.PHONE, ""),
    ],
)
def test_as_the_rules_show_them(text, mask, shown):
    assert masked(text, mask) == shown


@given(st.text(min_size=1, alphabet=st.characters(exclude_characters="*")), st.sampled_from(Mask))
def test_no_mask_tells_everything(text, mask):
    assert "*" in masked(text, mask)
    assert len(masked(text, mask).replace("*", "")) < len(text)
