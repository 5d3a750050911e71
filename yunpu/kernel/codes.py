"""Codes that carry their own proof: credit code, organisation code, identity number, region, project.

Each check returns None where the code is fine, else a CodeFault: a marked reason and remedy. It judges the
text as it stands: intake normalises first. A code that is well formed need not exist.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from stdnum.cn import ric, uscc

from yunpu.kernel.text import mark as _


@dataclass(frozen=True)
class CodeFault:
    """What is wrong with a code and what to do: two Chinese source strings, marked for translation."""

    reason: str
    remedy: str


# GB/T 2260: the first two digits of a region code, by area.
_AREAS = {1: "12345", 2: "123", 3: "1234567", 4: "123456", 5: "01234", 6: "12345", 7: "1", 8: "12"}
PROVINCES = frozenset(f"{area}{number}" for area, numbers in _AREAS.items() for number in numbers)
# Identity numbers also know 83 (permits of Taiwan residents) and 9 (permanent residence of foreigners).
_PERSON_PREFIXES = PROVINCES | {"83"}

# GB 32100-2015: no I, O, S, V, Z; the first character is the registering department.
_CREDIT_SHAPE = re.compile(r"[1-9ANY][0-9A-HJ-NPQRTUWXY][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_ORGANISATION_SHAPE = re.compile(r"[0-9A-Z]{8}-?[0-9X]")
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_PROJECT_SHAPE = re.compile(r"[0-9]{8}[A-Z][0-9A-Z]{12}")

_COPY = _("请对照营业执照或登记证书逐位核对")
_LENGTH_18 = CodeFault(_("统一社会信用代码应为18位"), _COPY)
_CREDIT_LETTERS = CodeFault(
    _("统一社会信用代码含有不该有的字符"), _("只用数字和大写字母，不用 I、O、S、V、Z；第3至8位是数字")
)
_CREDIT_REGION = CodeFault(_("统一社会信用代码第3至8位不是行政区划代码"), _COPY)
_CREDIT_CHECK = CodeFault(_("统一社会信用代码的校验位不对，有一位填错了"), _COPY)
_ORGANISATION_LENGTH = CodeFault(
    _("组织机构代码应为8位本体代码加1位校验码"), _("请填9位，连字符可有可无，如 60003734-1")
)
_ORGANISATION_CHECK = CodeFault(_("组织机构代码的校验码不对，有一位填错了"), _COPY)
_IDENTITY_OLD = CodeFault(_("这是15位的旧身份证号码"), _("请填18位公民身份号码"))
_IDENTITY_SHAPE = CodeFault(_("公民身份号码应为17位数字加1位数字或X"), _("请对照身份证逐位核对，末位X用大写"))
_IDENTITY_REGION = CodeFault(_("公民身份号码前两位不是已知的省份"), _("请对照身份证逐位核对"))
_IDENTITY_BIRTH = CodeFault(_("公民身份号码第7至14位不是日期"), _("请对照身份证逐位核对出生日期"))
_IDENTITY_CHECK = CodeFault(_("公民身份号码的校验位不对，有一位填错了"), _("请对照身份证逐位核对"))
_REGION_SHAPE = CodeFault(_("行政区划代码应为6位数字"), _("请填县级及以上行政区划代码，如 360102"))
_REGION_PROVINCE = CodeFault(_("行政区划代码前两位不是已知的省份"), _("请对照民政部公布的行政区划代码核对"))
_PROJECT_SHAPE_FAULT = CodeFault(
    _("项目编码应为21位：区划6位、年度2位、类别字母1位、顺序号12位"), _("请从预算管理一体化系统复制项目编码")
)
_PROJECT_REGION = CodeFault(_("项目编码前6位不是行政区划代码"), _("请从预算管理一体化系统复制项目编码"))


def check_credit_code(code: str) -> CodeFault | None:
    """Check a unified social credit code (统一社会信用代码, GB 32100-2015).

    Letters are allowed where the standard allows them (N2… for village collectives), which python-stdnum
    refuses; the check character is its. The organisation code inside (9–17) is not checked again: old ones
    may fail.
    """
    if len(code) != 18:
        return _LENGTH_18
    if not _CREDIT_SHAPE.fullmatch(code):
        return _CREDIT_LETTERS
    if code[2:4] not in PROVINCES | {"10"}:  # 100000: registered with the nation
        return _CREDIT_REGION
    return None if credit_code_with_check(code[:17]) == code else _CREDIT_CHECK


def credit_code_with_check(first17: str) -> str:
    """Append the check character: (31 − Σ value·weight) mod 31, weight_i = 3^(i−1) mod 31 (GB 32100)."""
    assert len(first17) == 17, "a credit code has 17 characters before its check character"
    return first17 + uscc.calc_check_digit(first17)


def check_organisation_code(code: str) -> CodeFault | None:
    """Check an organisation code (组织机构代码, GB 11714-1997), with or without its hyphen."""
    if not _ORGANISATION_SHAPE.fullmatch(code):
        return _ORGANISATION_LENGTH
    bare = code.replace("-", "")
    return None if organisation_code_with_check(bare[:8]) == bare else _ORGANISATION_CHECK


def organisation_code_with_check(first8: str) -> str:
    """Append the check character: 11 − Σ value·weight mod 11, 10 written X, 11 written 0 (GB 11714)."""
    assert len(first8) == 8, "an organisation code has 8 characters before its check character"
    total = sum(int(char, 36) * weight for char, weight in zip(first8, _ORGANISATION_WEIGHTS, strict=True))
    return first8 + "0123456789X"[-total % 11]


def check_identity_number(number: str) -> CodeFault | None:
    """Check a citizen's identity number (公民身份号码, GB 11643-1999).

    Of the place only the province is judged: python-stdnum's list of counties misses abolished ones.
    """
    if re.fullmatch("[0-9]{15}", number):
        return _IDENTITY_OLD
    if not re.fullmatch("[0-9]{17}[0-9X]", number):
        return _IDENTITY_SHAPE
    if number[0] != "9" and number[:2] not in _PERSON_PREFIXES:
        return _IDENTITY_REGION
    try:
        dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return _IDENTITY_BIRTH
    return None if ric.calc_check_digit(number) == number[-1] else _IDENTITY_CHECK


def check_region_code(code: str) -> CodeFault | None:
    """Check a region code (行政区划代码, GB/T 2260): six digits, a known province."""
    if not re.fullmatch("[0-9]{6}", code):
        return _REGION_SHAPE
    return None if code[:2] in PROVINCES else _REGION_PROVINCE


def check_project_code(code: str) -> CodeFault | None:
    """Check a project code (项目编码): region 6, year 2, kind letter 1, serial 12.

    The form is that of the integrated budget system. The kind letters seen are Z (transfer), R (staff), Y
    (running), T (target); the list is not confirmed, so any letter passes, and the serial may hold letters.
    """
    if not _PROJECT_SHAPE.fullmatch(code):
        return _PROJECT_SHAPE_FAULT
    return _PROJECT_REGION if check_region_code(code[:6]) else None
