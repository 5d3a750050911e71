"""How the demo district's budget book is made: real classification codes, invented amounts, real messiness.

The classification codes and names are those of 政府收支分类科目; every amount is drawn with a fixed seed, so the
same demo has the same digests every time.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from yunpu.domains.budget.codes import FundKind
from yunpu.kernel.money import FEN_PER_UNIT

SEED = 2019
YEARS = (2019, 2020)
UNIT = "YP-CZJ"  # the bureau that hands the book in
_HEADER = (
    (
        "年度",
        "单位编码",
        "单位名称",
        "功能科目",
        None,
        "部门经济科目",
        None,
        "资金性质",
        "项目编码",
        "预算数（万元）",
    ),
    (None, None, None, "编码", "名称", "编码", "名称", None, None, None),
)
_STAFF = (
    ("30101", "基本工资", 34),
    ("30102", "津贴补贴", 22),
    ("30103", "奖金", 18),
    ("30108", "机关事业单位基本养老保险缴费", 11),
    ("30113", "住房公积金", 15),
)
_RUNNING = (
    ("30201", "办公费", 14),
    ("30206", "电费", 9),
    ("30207", "邮电费", 6),
    ("30209", "物业管理费", 16),
    ("30211", "差旅费", 7),
    ("30213", "维修（护）费", 18),
    ("30216", "培训费", 8),
    ("30227", "委托业务费", 22),
)


@dataclass(frozen=True)
class _Body:
    """One budget body: its code and name, and what it spends on."""

    code: str
    name: str
    functions: tuple[tuple[str, str, int, str], ...]  # function code and name, 万元 a year, how it is spent


_BODIES = (
    _Body("101001", "区委改革办", (("2013101", "行政运行", 286, "staff"), ("2013102", "一般行政管理事务", 64, "running"))),
    _Body("101002", "区财政局", (("2010601", "行政运行", 1_720, "staff"), ("2010602", "一般行政管理事务", 540, "running"), ("2320301", "地方政府一般债券付息支出", 4_380, "interest"))),
    _Body("101003", "区科工局", (("2060101", "行政运行", 812, "staff"), ("2060404", "科技成果转化与扩散", 2_150, "firms"), ("2060702", "科普活动", 96, "running"), ("2150805", "中小企业发展专项", 3_600, "firms"))),
    _Body("101004", "区人社局", (("2080101", "行政运行", 1_130, "staff"), ("2080702", "职业培训补贴", 760, "people"), ("2080705", "公益性岗位补贴", 920, "people"))),
    _Body("101005", "区教体局", (("2050202", "小学教育", 31_400, "staff"), ("2050203", "初中教育", 19_800, "staff"), ("2050204", "高中教育", 6_200, "staff"), ("2050299", "其他普通教育支出", 4_900, "works"))),
    _Body("101006", "区民政局", (("2080201", "行政运行", 640, "staff"), ("2081901", "城市最低生活保障金支出", 5_850, "people"), ("2082001", "临时救助支出", 310, "people"))),
    _Body("101007", "区住建局", (("2120101", "行政运行", 1_460, "staff"), ("2120303", "小城镇基础设施建设", 14_500, "works"), ("2120803", "城市建设支出", 21_000, "land"))),
    _Body("101008", "区市场监管局", (("2013801", "行政运行", 2_380, "staff"), ("2013816", "食品安全监管", 420, "running"))),
    _Body("101009", "集聚区管委会", (("2150801", "行政运行", 930, "staff"), ("2150899", "其他支持中小企业发展和管理支出", 2_700, "firms"))),
)  # fmt: skip


def write_spreadsheets(folder: Path) -> list[tuple[str, Path]]:
    """Write the budget book of each year; give format code and path."""
    folder.mkdir(parents=True, exist_ok=True)
    return [("budget.lines", _write_book(folder / f"{year}年预算书.xlsx", year)) for year in YEARS]


def list_lines(year: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """The lines of a year: body, function and economic code with their names, fund, project code; amount in fen."""
    draw = random.Random(SEED * year)  # noqa: S311 - invented amounts
    serial = 0
    for body in _BODIES:
        for function, function_name, wan, kind in body.functions:
            fund = FundKind.GOVERNMENT_FUND if kind == "land" else FundKind.GENERAL
            grown = wan * (100 if year == YEARS[0] else draw.randint(88, 112))
            for economic, economic_name, weight in _SPENT_ON[kind]:
                serial += 1
                project = "" if kind in ("staff", "interest") else f"360199{year % 100:02}T{serial:012}"
                # Hundredths of a 万元: what the sheet shows with two places is the amount itself.
                hundredths = grown * weight // 100 + draw.randint(0, 99)
                amount = hundredths * FEN_PER_UNIT["万元"] // 100
                codes = (body.code, body.name, function, function_name, economic, economic_name)
                yield (*codes, fund.label, project), amount


_SPENT_ON = {
    "staff": (*((code, name, weight * 88 // 100) for code, name, weight in _STAFF), *((code, name, weight * 12 // 100) for code, name, weight in _RUNNING)),
    "running": _RUNNING,
    "interest": (("30701", "国内债务付息", 100),),
    "firms": (("31204", "费用补贴", 70), ("31205", "利息补贴", 20), ("31299", "其他对企业补助", 10)),
    "people": (("30305", "生活补助", 65), ("30306", "救济费", 20), ("30399", "其他对个人和家庭的补助", 15)),
    "works": (("31005", "基础设施建设", 80), ("31006", "大型修缮", 20)),
    "land": (("31005", "基础设施建设", 55), ("31009", "土地补偿", 45)),
}  # fmt: skip


def _write_book(path: Path, year: int) -> Path:
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": dt.datetime(2020, 1, 10, 9, 0)})  # noqa: DTZ001 - the same bytes every time
    sheet = book.add_worksheet(f"{year}年")
    bold = book.add_format({"bold": True, "border": 1, "align": "center", "valign": "vcenter"})
    money = book.add_format({"num_format": "#,##0.00"})
    sheet.merge_range(
        0, 0, 0, 9, f"云谱区{year}年区级部门预算明细表", book.add_format({"bold": True, "font_size": 16})
    )
    sheet.write(1, 0, "编制单位：区财政局（金额均为演示，不是任何地方的真实预算）")
    _write_header(sheet, bold)
    row, total = 4, 0
    for texts, amount in list_lines(year):
        for column, text in enumerate((str(year), *texts)):
            if text:
                sheet.write_string(row, column, text)
        sheet.write(row, 9, _in_wan(amount), money)
        row, total = row + 1, total + amount
    sheet.write(row, 0, "合计", bold)
    sheet.write(row, 9, _in_wan(total), money)
    sheet.write(row + 2, 0, "注：政府性基金预算单列；特定目标类支出填写项目编码。")
    sheet.set_column(0, 9, 18)
    book.close()
    return path


def _in_wan(amount_fen: int) -> Decimal:
    """Fen as 万元: exact, the amounts are whole hundreds of 元."""
    return Decimal(amount_fen) / FEN_PER_UNIT["万元"]


def _write_header(sheet: xlsxwriter.workbook.Worksheet, bold: object) -> None:
    """Two rows: single titles span both of them, the classifications have code and name below."""
    for column, title in enumerate(_HEADER[0]):
        below = _HEADER[1][column]
        if title is not None and below is None:
            sheet.merge_range(2, column, 3, column, title, bold)
        elif title is not None:
            sheet.merge_range(2, column, 2, column + 1, title, bold)
        if below is not None:
            sheet.write(3, column, below, bold)
