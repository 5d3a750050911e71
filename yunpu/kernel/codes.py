"""Codes of identity: credit code, organisation code, identity number, region code, project code.

A check gives None when the code is right, else what is wrong and what to do.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from yunpu.kernel.text import mark as _

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_PROVINCES = {
    *("11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37"),
    *("41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65"),
    *("71", "81", "82"),
}
_ASCII_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class CodeFault:
    """Why a code is wrong, and what to do (Chinese sources)."""

    reason: str
    remedy: str


def check_credit_code(code: str) -> CodeFault | None:
    """统一社会信用代码, GB 32100-2015: 18 characters, the last a check over weights 3^i mod 31."""
    if len(code) != 18:
        return CodeFault(_("统一社会信用代码应为18位"), _("对照营业执照核对位数"))
    if not set(code) <= set(_ALPHABET):
        return CodeFault(_("含有不允许的字符（不用 I、O、S、V、Z 和小写字母）"), _("对照营业执照重新填写"))
    try:
        uscc.validate(code)
    except ValidationError:
        return CodeFault(_("校验位不符"), _("有一位抄错了，对照营业执照逐位核对"))
    return None


def credit_code_with_check(first17: str) -> str:
    """Complete 17 characters by their check character."""
    total = sum(_ALPHABET.index(c) * weight for c, weight in zip(first17, _WEIGHTS, strict=True))
    return first17 + _ALPHABET[-total % 31]


def check_organisation_code(code: str) -> CodeFault | None:
    """组织机构代码, GB 11714-1997: 8 characters and a check (0–9 or X), with or without the hyphen."""
    plain = code.replace("-", "")
    if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", plain):
        return CodeFault(_("组织机构代码应为8位本体加1位校验"), _("对照证书核对位数"))
    if organisation_code_with_check(plain[:8]) != plain:
        return CodeFault(_("校验位不符"), _("有一位抄错了，对照证书逐位核对"))
    return None


def organisation_code_with_check(first8: str) -> str:
    """Complete 8 characters by their check character."""
    total = sum(int(c, 36) * weight for c, weight in zip(first8, _ORGANISATION_WEIGHTS, strict=True))
    check = 11 - total % 11
    return first8 + ("X" if check == 10 else str(check % 11))


def check_identity_number(number: str) -> CodeFault | None:
    """公民身份号码, GB 11643-1999: region, date of birth, sequence, check."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return CodeFault(_("身份证号应为17位数字加1位校验"), _("对照证件核对；末位的 X 要大写"))
    if number[:2] not in _PROVINCES:
        return CodeFault(_("前两位不是省级代码"), _("对照证件核对前6位"))
    try:
        dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return CodeFault(_("出生日期不存在"), _("对照证件核对第7至14位"))
    if ric.calc_check_digit(number[:17]) != number[17]:
        return CodeFault(_("校验位不符"), _("有一位抄错了，对照证件逐位核对"))
    return None


def check_region_code(code: str) -> CodeFault | None:
    """行政区划代码, GB/T 2260: six digits, the first two a province."""
    if len(code) != 6 or not _ASCII_DIGITS.fullmatch(code):
        return CodeFault(_("行政区划代码应为6位数字"), _("如 360104；前面的 0 不要丢"))
    if code[:2] not in _PROVINCES:
        return CodeFault(_("前两位不是省级代码"), _("查行政区划代码表"))
    return None


def check_project_code(code: str) -> CodeFault | None:
    """项目编码 of the integrated budget system: 21 characters, region and year in front, digits and capitals."""
    if len(code) != 21:
        return CodeFault(_("项目编码应为21位"), _("从预算管理一体化系统复制，不要手敲"))
    if not re.fullmatch(r"[0-9]{6}[0-9A-Z]{15}", code):
        return CodeFault(_("项目编码只含数字和大写字母，前6位是区划代码"), _("从预算管理一体化系统复制，不要手敲"))
    return check_region_code(code[:6])
