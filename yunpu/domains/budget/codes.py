"""Code lists of the budget: the fund kinds (资金性质) by which money is kept apart. No Django."""

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


_LABELS = {
    FundKind.GENERAL: _("一般公共预算"),
    FundKind.GOVERNMENT_FUND: _("政府性基金预算"),
    FundKind.STATE_CAPITAL: _("国有资本经营预算"),
    FundKind.SOCIAL_INSURANCE: _("社会保险基金预算"),
    FundKind.SPECIAL_ACCOUNT: _("财政专户管理资金"),
    FundKind.OWN: _("单位资金"),
}
