"""Texts and figures for the tests of this stage."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from yunpu.stages.bulletins import guard
from yunpu.stages.bulletins.neutral import Document
from yunpu.stages.bulletins.template import render

# The constructions of a real bulletin, in invented sentences: every number of records is in NUMBERS.
TWIN = """名称: 改革工作简报
编发: 云谱区人民政府办公室

# 创新典型推介
## 加强科创力度 交出满意答卷
（供稿：区科工局）

云谱区获评第一批市级创新型县（区）建设试点单位和第三批省级创新型县（市、区）建设示范单位。
一、以强化宣传为基石。通过微信群、QQ群宣传惠企政策，组织近百家企业参加网上培训；举办2020年科技活动周，发放500余份宣传资料，统一讲解。连续第六年开展宣讲，为百余家企业近200名企业代表解读政策。
二、以优化服务为目标。组织50余家企业申报，已有40家通过评审，预计突破90家，预计同比增长40.62%。全区技术合同登记额达到5.1亿元，启动2020年度政策兑现，征集到40个单位的46个项目,补助233万元。推荐四家企业申报“科技助力经济2020”专项。仅上半年争取资金525.8776万元。
# 担当典型推介
## 全面深化改革
贯彻落实十九届五中全会精神，推进“五型”政府建设。一是推进零基预算改革，对存量基数“清零”，解决“一边钱等项目，一边项目等钱”的问题，累计收回8982万元。二是清查184处资产，进一步摸清“家底”。三是完成评价项目124个，涉及资金20076万元; 重点评价7个。第三方机构参与一审制度、二审制度和三审制度。
投入1亿元改造11条道路，投入200余万元打造阵地，累计减负1.2亿元，解决贷款近8000万元。
（一）2013年以来，腾退土地约13000亩，共出让45宗，面积约2546亩。支付工资20369人7564万元，化解64起隐患，支付1110位农民工，立案87起。参加招聘60多人，提供岗位30个。为确保三号线设备安全，开展一查二看三测，另一方面落实“六稳”“六保”。
依据云府发〔2020〕12号和GB/T 9704—2012，于11月24日至26日办理。
"""
NUMBERS = [
    "近百家",
    "500余份",
    "第六年",
    "百余家",
    "近200名",
    "50余家",
    "40家",
    "90家",
    "40.62%",
    "5.1亿元",
    "40个",
    "46个",
    "233万元",
    "四家",
    "525.8776万元",
    "8982万元",
    "184处",
    "124个",
    "20076万元",
    "7个",
    "1亿元",
    "11条",
    "200余万元",
    "1.2亿元",
    "近8000万元",
    "约13000亩",
    "45宗",
    "约2546亩",
    "20369人",
    "7564万元",
    "64起",
    "1110位",
    "87起",
    "60多人",
    "30个",
]


@dataclass(frozen=True)
class Published:
    """A figure as bulletins take it, without a database."""

    code: str = "test.firms"
    title: str = "参加企业"
    value: Fraction | None = Fraction(97)
    unit: str = "家"
    shown: str = "近100家"
    state: str = "defined"
    reason: str = ""
    figure_id: int = 7
    definition: str = "test.firms@1"
    snapshot: str = "S-20201220-01"
    records: int = 97


FIGURES = {
    "test.firms": Published(),
    "test.years": Published("test.years", "连续年数", Fraction(6), "年", "6年", figure_id=8, records=6),
    "test.firms:growth": Published(
        "test.firms:growth", "增长", Fraction(4062, 100), "%", "40.62%", figure_id=9
    ),
}


def document_of(text: str) -> Document:
    return render(text, FIGURES).document


def look(text: str, **options) -> guard.GuardResult:
    """What the guard says to a paragraph."""
    return guard.check(document_of(f"## 标题\n{text}"), **options)


def offenders(text: str, **options) -> list[str]:
    return [one.text for one in look(text, **options).offenders]
