"""Code lists of the budget: fund kinds (资金性质) and the classes of the departmental economic classification. No Django."""

from enum import StrEnum

from yunpu.kernel.text import mark as _


class FundKind(StrEnum):
    """预算法 5: four budgets, kept apart; and money outside of them."""

    GENERAL = "11"
    GOVERNMENT_FUND = "12"
    STATE_CAPITAL = "13"
    SOCIAL_INSURANCE = "14"
    SPECIAL_ACCOUNT = "2"
    OWN = "3"

    @property
    def label(self) -> str:
        return _LABELS[self]


class Currency(StrEnum):
    """In which currency a book is kept (ISO 4217)."""

    CNY = "CNY"
    EUR = "EUR"

    @property
    def label(self) -> str:
        return _CURRENCIES[self]


_CURRENCIES = {Currency.CNY: _("人民币"), Currency.EUR: _("欧元")}

_LABELS = {
    FundKind.GENERAL: _("一般公共预算"),
    FundKind.GOVERNMENT_FUND: _("政府性基金预算"),
    FundKind.STATE_CAPITAL: _("国有资本经营预算"),
    FundKind.SOCIAL_INSURANCE: _("社会保险基金预算"),
    FundKind.SPECIAL_ACCOUNT: _("财政专户管理资金"),
    FundKind.OWN: _("单位资金"),
}

# 政府收支分类科目: the classes (类) of the departmental economic classification (部门预算支出经济分类).
ECONOMIC_CLASSES = {
    "301": _("工资福利支出"),
    "302": _("商品和服务支出"),
    "303": _("对个人和家庭的补助"),
    "307": _("债务利息及费用支出"),
    "309": _("资本性支出（基本建设）"),
    "310": _("资本性支出"),
    "311": _("对企业补助（基本建设）"),
    "312": _("对企业补助"),
    "313": _("对社会保障基金补助"),
    "399": _("其他支出"),
}
