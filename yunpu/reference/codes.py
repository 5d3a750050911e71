"""Code lists of the shared identities. No Django: intake and screens use the same lists."""

from enum import StrEnum

from yunpu.kernel.text import mark as _


class UnitLevel(StrEnum):
    """The levels of the tree of units, from the top down."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    BUREAU = "bureau"
    SUBORDINATE = "subordinate"

    @property
    def label(self) -> str:
        return _UNIT_LEVELS[self]

    @property
    def rank(self) -> int:
        """0 at the top; a unit stands below a unit of a smaller rank."""
        return list(UnitLevel).index(self)


class RegionLevel(StrEnum):
    """The levels of GB/T 2260: two digits, four, six."""

    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"

    @property
    def label(self) -> str:
        return _REGION_LEVELS[self]

    @classmethod
    def of(cls, code: str) -> "RegionLevel":
        """The level that a six-digit code tells by its zeros."""
        if code.endswith("0000"):
            return cls.PROVINCE
        return cls.PREFECTURE if code.endswith("00") else cls.COUNTY


def region_parent(code: str) -> str:
    """The code of the region above; empty above a province."""
    if code.endswith("0000"):
        return ""
    return f"{code[:2]}0000" if code.endswith("00") else f"{code[:4]}00"


class ProjectKind(StrEnum):
    """The classes of projects in the integrated budget system (预算管理一体化规范)."""

    STAFF = "staff"
    RUNNING_QUOTA = "running_quota"
    RUNNING_OTHER = "running_other"
    TARGET = "target"

    @property
    def label(self) -> str:
        return _PROJECT_KINDS[self]


class DayKind(StrEnum):
    """What a day of the calendar is, against its weekday."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"

    @property
    def label(self) -> str:
        return _DAY_KINDS[self]


_UNIT_LEVELS = {
    UnitLevel.PROVINCE: _("省"),
    UnitLevel.CITY: _("市"),
    UnitLevel.DISTRICT: _("区县"),
    UnitLevel.BUREAU: _("部门"),
    UnitLevel.SUBORDINATE: _("下属单位"),
}
_REGION_LEVELS = {
    RegionLevel.PROVINCE: _("省级"),
    RegionLevel.PREFECTURE: _("设区市级"),
    RegionLevel.COUNTY: _("县级"),
}
_PROJECT_KINDS = {
    ProjectKind.STAFF: _("人员类"),
    ProjectKind.RUNNING_QUOTA: _("公用经费"),
    ProjectKind.RUNNING_OTHER: _("其他运转类"),
    ProjectKind.TARGET: _("特定目标类"),
}
_DAY_KINDS = {DayKind.HOLIDAY: _("放假"), DayKind.WORKDAY: _("上班")}
