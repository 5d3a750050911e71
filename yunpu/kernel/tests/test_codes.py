import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from yunpu.kernel import codes
from yunpu.kernel.codes import (
    CodeFault,
    check_credit_code,
    check_identity_number,
    check_organisation_code,
    check_project_code,
    check_region_code,
    credit_code_with_check,
    organisation_code_with_check,
)

LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
regions = st.tuples(st.sampled_from(sorted(codes.PROVINCES)), st.from_regex(r"[0-9]{4}", fullmatch=True)).map(
    "".join
)
organisations = st.text(LETTERS, min_size=8, max_size=8).map(organisation_code_with_check)
credit_codes = st.tuples(st.sampled_from("159"), st.sampled_from("1239"), regions, organisations).map(
    lambda parts: credit_code_with_check("".join(parts))
)


def reason(fault: CodeFault | None) -> str:
    assert fault is not None
    assert fault.remedy
    return fault.reason


@pytest.mark.parametrize(
    "code", ["91110000600037341L", "91350100M000100Y43", credit_code_with_check("N2360100MF0000001")]
)
def test_credit_codes_that_are_fine(code: str) -> None:
    assert check_credit_code(code) is None


@given(credit_codes)
def test_invented_credit_codes_are_valid_by_the_library_too(code: str) -> None:
    assert check_credit_code(code) is None
    assert uscc.is_valid(code)


@given(credit_codes, st.integers(0, 17), st.sampled_from(LETTERS))
def test_one_wrong_character_is_always_found(code: str, at: int, char: str) -> None:
    wrong = code[:at] + char + code[at + 1 :]
    assert (check_credit_code(wrong) is None) == (wrong == code)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("9111000060003734", "18位"),
        ("91110000600037341l", "字符"),
        ("9111000060003734OL", "字符"),
        ("B1110000600037341L", "字符"),
        ("91990000600037341L", "区划"),
        ("91110000600037342L", "校验位"),
    ],
)
def test_credit_codes_that_are_wrong(code: str, said: str) -> None:
    assert said in reason(check_credit_code(code))


def test_organisation_codes() -> None:
    assert organisation_code_with_check("60003734") == "600037341"
    assert check_organisation_code("60003734-1") is None
    assert check_organisation_code("D21433051") is not None
    assert "校验码" in reason(check_organisation_code("600037342"))
    assert "8位" in reason(check_organisation_code("6000373-41"))


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=8))
def test_invented_organisation_codes_are_valid(first8: str) -> None:
    code = organisation_code_with_check(first8)
    assert check_organisation_code(code) is None
    assert check_organisation_code(f"{code[:8]}-{code[8]}") is None


@pytest.mark.parametrize("call", [credit_code_with_check, organisation_code_with_check])
def test_only_the_right_length_is_completed(call: object) -> None:
    with pytest.raises(AssertionError):
        call("12")  # type: ignore[operator]


@pytest.mark.parametrize("number", ["11010519491231002X", "360426199101010071"])
def test_identity_numbers_that_are_fine(number: str) -> None:
    assert check_identity_number(number) is None


def test_permanent_residents_are_people_too() -> None:
    first17 = "91112319800101001"
    assert check_identity_number(first17 + ric.calc_check_digit(first17 + "0")) is None


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("110105491231002", "15位"),
        ("11010519491231002x", "17位数字"),
        ("1101051949123100", "17位数字"),
        ("19010519491231002X", "省份"),
        ("11010519491331002X", "日期"),
        ("110105194912310021", "校验位"),
    ],
)
def test_identity_numbers_that_are_wrong(number: str, said: str) -> None:
    assert said in reason(check_identity_number(number))


def test_region_codes() -> None:
    assert check_region_code("360102") is None
    assert "6位" in reason(check_region_code("36010"))
    assert "6位" in reason(check_region_code("36010２"))
    assert "省份" in reason(check_region_code("990102"))


def test_project_codes() -> None:
    assert check_project_code("36010220T000000000001") is None
    assert check_project_code("36010220X00000000000A") is None
    assert "21位" in reason(check_project_code("36010220T00000000001"))
    assert "21位" in reason(check_project_code("360102203000000000001"))
    assert "区划" in reason(check_project_code("99010220T000000000001"))
