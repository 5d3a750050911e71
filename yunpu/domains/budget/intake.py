"""Files of the budget book: the district's own table, and the city budget of Madrid in its own columns."""

from functools import partial
from typing import Any

from yunpu.domains.budget.checks import SubjectCheck, check_amount, check_chapter
from yunpu.domains.budget.codes import ECONOMIC_CLASSES, FundKind
from yunpu.domains.budget.queries import list_subject_codes
from yunpu.kernel.text import mark as _
from yunpu.stages.intake.formats import Column, Format, RegisterCheck, Type


def _draft_line(row: dict[str, Any]) -> dict[str, Any]:
    """The chapter (类) is the head of the economic code: three digits of five."""
    chapter = row["economic_code"][:3]
    return {
        **row,
        "chapter_code": chapter,
        "chapter_name": ECONOMIC_CLASSES.get(chapter, ""),
        "fund": row["fund"] or FundKind.GENERAL.value,
    }


def _against(column: str, scheme: str, title: str) -> RegisterCheck:
    """The check of a column against a scheme: made anew for each reading of a file."""
    return partial(SubjectCheck, column, title, partial(list_subject_codes, scheme))


LINES = Format(
    "budget.lines",
    _("预算书明细"),
    model="budget.BudgetLine",
    columns=(
        Column("year", _("年度"), Type.YEAR, key=True, example="2020"),
        Column("body_code", _("单位编码"), key=True, max_length=40),
        Column("body_name", _("单位名称"), aliases=("预算单位",)),
        Column(
            "function_code",
            _("功能科目编码"),
            key=True,
            max_length=20,
            aliases=("功能分类科目编码",),
            example="2060101",
        ),
        Column("function_name", _("功能科目名称"), required=False, aliases=("功能分类科目名称",)),
        Column(
            "economic_code",
            _("经济分类编码"),
            key=True,
            max_length=20,
            aliases=("部门经济分类编码",),
            example="30101",
        ),
        Column("economic_name", _("经济分类名称"), required=False, aliases=("部门经济分类名称",)),
        Column("fund", _("资金性质"), Type.CODE, codes=FundKind, required=False),
        Column("project_code", _("项目编码"), Type.PROJECT_CODE, required=False),
        Column("amount_fen", _("金额"), Type.MONEY, unit="万元", aliases=("预算数", "批复数")),
    ),
    checks=(check_amount,),
    register_checks=(
        _against("function_code", "CN-FUNCTION", _("支出功能分类")),
        _against("economic_code", "CN-ECONOMIC-DEPARTMENT", _("部门预算支出经济分类")),
    ),
    draft=_draft_line,
    about=_("每行一个单位、功能科目、经济科目；金额默认万元，表头写了单位的以表头为准。"),
)

MADRID = Format(
    "budget.madrid",
    _("马德里市预算（三级分类）"),
    model="budget.BudgetLine",
    columns=(
        Column("year", _("年度"), Type.YEAR, aliases=("AÑO",), key=True),
        Column("body_code", _("机构编码"), aliases=("CENTRO",), key=True, max_length=40),
        Column("body_name", _("机构名称"), aliases=("DESCRIPCION CENTRO",)),
        Column("section_code", _("部门编码"), aliases=("SECCION",), key=True, max_length=20),
        Column("section_name", _("部门名称"), aliases=("DESCRIPCION SECCION",)),
        Column("function_code", _("项目分类编码"), aliases=("PROGRAMA",), key=True, max_length=20),
        Column("function_name", _("项目分类名称"), aliases=("DESCRIPCION PROGRAMA",)),
        Column("chapter_code", _("经济分类章编码"), aliases=("CAPITULO",), key=True, max_length=10),
        Column("chapter_name", _("经济分类章名称"), aliases=("DESCRIPCION CAPITULO",)),
        Column("economic_code", _("经济分类目编码"), aliases=("ECONOMICO",), key=True, max_length=20),
        Column("economic_name", _("经济分类目名称"), aliases=("DESCRIPCION ECONOMICO",)),
        Column(
            "amount_fen",
            _("金额"),
            Type.MONEY,
            unit="元",
            called=_("欧元"),
            aliases=("IMPORTE", "金额（欧元）"),
        ),
    ),
    checks=(check_chapter, check_amount),
    register_checks=(
        _against("function_code", "ES-MADRID-PROGRAMA", _("马德里市项目分类")),
        _against("economic_code", "ES-MADRID-ECONOMICO", _("马德里市经济分类")),
    ),
    fixed={"currency": "EUR"},
    about=_("马德里市 2012—2014 年批复预算的公开格式，金额为整欧元。"),
)
