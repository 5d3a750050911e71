"""The screens of the shared identities: registers, trees, merging of enterprises, the page of the area."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.reference import merging, operations, queries
from yunpu.reference.forms import CloseUnitForm, MoveUnitForm, OnForm, SchemeYearForm
from yunpu.reference.models import (
    CalendarDay,
    Classification,
    Enterprise,
    Merge,
    Move,
    Project,
    Region,
    Scheme,
    Unit,
)
from yunpu.ui import search
from yunpu.ui.base import ScopedView
from yunpu.ui.forms import ReasonForm
from yunpu.ui.hooks import hooks
from yunpu.ui.registers import Action, Column, Panel, Register, registers_of


class Units(Register):
    model = Unit
    slug = "units"
    title = _("单位")
    columns = (
        Column("code", link=True),
        Column("name"),
        Column("short_name"),
        Column("level"),
        Column("parent"),
        Column("parent_id", title=_("上级单位编码"), shown=False),
        Column("valid_from"),
        Column("valid_to"),
    )
    filters = ("level", "valid_from", "valid_to")
    sorts = ("code",)
    default_sort = "code"
    fields = ("code", "name", "short_name", "level", "parent", "valid_from", "valid_to")
    related = ("parent",)
    create = operations.create_unit
    change = operations.change_unit
    panels = (Panel("reference.units", "parent"), Panel("reference.projects", "unit"))
    actions = (
        Action(_("移到别的上级"), "reference:unit-move", right="change", icon="arrows-sort"),
        Action(_("停用"), "reference:unit-close", right="change", icon="lock"),
    )
    page_actions = (Action(_("单位树"), "reference:unit-tree", icon="list-tree"),)
    import_format = "reference.units"
    empty_hint = _("还没有单位。导入单位树，上级和下级可以在同一份文件里。")


class Enterprises(Register):
    model = Enterprise
    slug = "enterprises"
    title = _("企业")
    columns = (
        Column("name", link=True),
        Column("credit_code", code=True),
        Column("region_code"),
        Column("industry"),
        Column("merged_into", shown=False),
    )
    filters = ("region_code", "industry")
    sorts = ("credit_code", "name")
    default_sort = "credit_code"
    fields = ("credit_code", "name", "region_code", "industry")
    related = ("merged_into",)
    actions = (Action(_("合并重复企业"), "reference:enterprise-merge", right="administer", icon="copy"),)
    import_format = "reference.enterprises"
    empty_hint = _("还没有企业。先导入企业名录，别的台账才能按信用代码对上企业。")


class Merges(Register):
    model = Merge
    slug = "merges"
    title = _("企业合并")
    columns = (
        Column("duplicate", link=True),
        Column("duplicate__credit_code", code=True, title=_("并入的信用代码")),
        Column("kept"),
        Column("kept__credit_code", code=True, title=_("保留的信用代码")),
        Column("at"),
        Column("by_name"),
        Column("reason"),
        Column("state", title=_("状态")),
    )
    filters = ("at",)
    sorts = ("pk",)
    related = ("duplicate", "kept", "undo")
    panels = (Panel("reference.moves", "merge"),)
    actions = (Action(_("撤销合并"), "reference:merge-undo", right="administer", icon="arrow-left"),)
    empty_hint = _("还没有合并过。在一个企业的页面上点“合并重复企业”。")


class Moves(Register):
    model = Move
    slug = "moves"
    title = _("合并时移动的记录")
    columns = (Column("object_name", link=True), Column("object_type"), Column("object_id"))
    sorts = ("pk",)
    menu = False


class Regions(Register):
    model = Region
    slug = "regions"
    title = _("行政区划")
    columns = (
        Column("code", link=True),
        Column("name"),
        Column("level"),
        Column("valid_from"),
        Column("valid_to"),
        Column("note"),
    )
    filters = ("level", "valid_from", "valid_to")
    sorts = ("code",)
    default_sort = "code"
    fields = ("code", "name", "valid_from", "valid_to", "note")
    create = operations.create_region
    change = operations.change_region
    page_actions = (Action(_("区划树"), "reference:region-tree", icon="list-tree"),)
    import_format = "reference.regions"
    empty_hint = _("还没有行政区划。导入随平台发布的江西省区划表，或自己的。")


class Classifications(Register):
    model = Classification
    slug = "classifications"
    title = _("分类科目")
    columns = (
        Column("code", link=True),
        Column("name"),
        Column("name_en", shown=False),
        Column("scheme"),
        Column("scheme__code", title=_("体系编码"), shown=False),
        Column("parent_code"),
        Column("level"),
        Column("first_year"),
        Column("last_year"),
        Column("note"),
    )
    filters = ("scheme", "level", "first_year", "last_year", "parent_code")
    sorts = ("code",)
    default_sort = "code"
    fields = ("scheme", "code", "name", "name_en", "parent_code", "first_year", "last_year", "note")
    related = ("scheme",)
    create = operations.create_subject
    change = operations.change_subject
    page_actions = (Action(_("科目树"), "reference:classification-tree", icon="list-tree"),)
    import_format = "reference.classifications"
    empty_hint = _("还没有分类科目。先登记分类体系，再导入它每年的科目。")


class Schemes(Register):
    model = Scheme
    slug = "schemes"
    title = _("分类体系")
    columns = (Column("code", link=True), Column("name"), Column("source"))
    sorts = ("code",)
    default_sort = "code"
    fields = ("code", "name", "source")
    panels = (Panel("reference.classifications", "scheme"),)
    import_format = "reference.schemes"
    empty_hint = _("还没有分类体系。导入或新建一个，再导入它的科目。")


class Projects(Register):
    model = Project
    slug = "projects"
    title = _("项目")
    columns = (
        Column("code", link=True, code=True),
        Column("name"),
        Column("unit"),
        Column("unit__code", title=_("项目单位编码"), shown=False),
        Column("start_year"),
        Column("kind"),
    )
    filters = ("kind", "unit", "start_year")
    sorts = ("code",)
    default_sort = "code"
    fields = ("code", "name", "unit", "start_year", "kind")
    related = ("unit",)
    import_format = "reference.projects"
    empty_hint = _("还没有项目。从预算管理一体化系统导出项目名册再导入，每行一个 21 位项目编码。")


class Calendar(Register):
    model = CalendarDay
    slug = "calendar"
    title = _("节假日")
    columns = (
        Column("day", link=True),
        Column("weekday", title=_("星期")),
        Column("kind", badge={"holiday": "good", "workday": "warn"}),
        Column("name"),
        Column("source"),
    )
    filters = ("kind", "day")
    sorts = ("day",)
    default_sort = "-day"
    fields = ("day", "kind", "name", "source")
    create = operations.create_day
    change = operations.change_day
    import_format = "reference.calendar"
    empty_hint = _("还没有节假日。导入国务院办公厅每年的安排；没有登记的年份算不了工作日。")


class AreaView(ScopedView):
    """The page of the area: its registers with what each holds, and what is missing."""

    right = "view"
    template = "reference/area.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        cards = [
            {
                "title": gettext(one.shown_title()),
                "about": gettext(_ABOUT[one.slug]),
                "url": reverse(one.url_name("list")),
                "count": self.scoped(one.model).count(),
                "tree_url": reverse(_TREES[one.slug]) if one.slug in _TREES else "",
            }
            for one in registers_of("reference")
            if hooks.may(request, one.view_right, one.model)
        ]
        today = hooks.now().date()
        return self.show({"cards": cards, "year": today.year, "days": queries.describe_days(today)})


_TREES = {
    "units": "reference:unit-tree",
    "regions": "reference:region-tree",
    "classifications": "reference:classification-tree",
}
_ABOUT: dict[str, Any] = {
    "units": _("省、市、区县、部门、下属单位的树；可见范围依据它。"),
    "enterprises": _("按统一社会信用代码登记；重复的可以合并，也可以撤销合并。"),
    "merges": _("谁在什么时候把哪个企业并入哪个，移动了哪些记录。"),
    "regions": _("县级及以上行政区划代码，带设立和撤销日期。"),
    "classifications": _("功能、经济等分类的科目，按年度有效。"),
    "schemes": _("有哪些分类体系，各自的依据；外国的也可以登记。"),
    "projects": _("21 位项目编码，贯穿项目的一生。"),
    "calendar": _("法定假日和调休上班的周末；工作日期限依据它。"),
}


class TreeView(ScopedView):
    """A register as its hierarchy. Subclasses give the lines and the form that narrows them."""

    right = "view"
    template = "reference/tree.html"
    register: ClassVar[type[Register]]
    title: ClassVar[Any]

    def show_tree(self, lines: list[Any], form: Any, **more: Any) -> HttpResponse:
        register = self.register
        return self.show(
            {
                "title": self.title,
                "register_title": gettext(register.shown_title()),
                "list_url": reverse(register.url_name("list")),
                "record_url": register.url_name("record"),
                "lines": lines,
                "form": form,
                "import_url": self._import_url(),
                **more,
            }
        )

    def _import_url(self) -> str:
        may_import = hooks.may(self.request, "import", self.register.model)
        return f"{reverse('intake:upload')}?format={self.register.import_format}" if may_import else ""


class UnitTreeView(TreeView):
    """The units that are in force on a day, each under its parent."""

    right_model = Unit
    register = Units
    title = _("单位树")

    def get(self, request: HttpRequest) -> HttpResponse:
        form, on = _read_day(request)
        lines = [
            _Line.of(one, depth, one.code, one.name, one.get_level_display(), one.valid_from, one.valid_to)
            for one, depth in queries.list_unit_tree(queries.in_force(self.scoped(Unit), on))
        ]
        return self.show_tree(lines, form, heads=_DATED_HEADS)


class RegionTreeView(TreeView):
    """The regions that are in force on a day, under prefecture and province."""

    right_model = Region
    register = Regions
    title = _("区划树")

    def get(self, request: HttpRequest) -> HttpResponse:
        form, on = _read_day(request)
        lines = [
            _Line.of(one, depth, one.code, one.name, one.get_level_display(), one.valid_from, one.valid_to)
            for one, depth in queries.list_region_tree(queries.in_force(self.scoped(Region), on))
        ]
        return self.show_tree(lines, form, heads=_DATED_HEADS)


class ClassificationTreeView(TreeView):
    """The codes of one scheme that are valid in a year, each under its parent."""

    right_model = Classification
    register = Classifications
    title = _("科目树")

    def get(self, request: HttpRequest) -> HttpResponse:
        subjects = self.scoped(Classification)
        schemes = [(one.code, one.name) for one in self.scoped(Scheme).order_by("code")]
        known = sorted(set(subjects.values_list("first_year", "last_year").order_by()))
        this_year = hooks.now().year
        years = sorted({year for first, last in known for year in range(first, (last or this_year) + 1)})
        if not schemes or not years:
            return self.show_tree([], None, heads=_YEARLY_HEADS)
        choices = [(str(year), str(year)) for year in reversed(years)]
        nearest = min(years, key=lambda year: (abs(year - this_year), -year))
        given = {"scheme": schemes[0][0], "year": str(nearest), **request.GET.dict()}
        form = SchemeYearForm(given, schemes=schemes, years=choices)
        if not form.is_valid():
            return self.show_tree([], form, heads=_YEARLY_HEADS)
        here = queries.classification_in(
            subjects.filter(scheme__code=form.cleaned_data["scheme"]), int(form.cleaned_data["year"])
        )
        lines = [
            _Line.of(one, depth, one.code, one.name, one.name_en, one.first_year, one.last_year, one.note)
            for one, depth in queries.list_classification_tree(here)
        ]
        return self.show_tree(lines, form, heads=_YEARLY_HEADS)


_DATED_HEADS = (_("编码"), _("名称"), _("级别"), _("自"), _("至"))
_YEARLY_HEADS = (_("编码"), _("名称"), _("英文名称"), _("自"), _("至"), _("说明"))


class _Line:
    """One line of a tree: its depth, the record's number, code and name, further cells."""

    def __init__(self, depth: int, pk: int, code: str, name: str, cells: list[str]) -> None:
        self.depth, self.pk, self.code, self.name, self.cells = min(depth, 6), pk, code, name, cells

    @classmethod
    def of(cls, record: Any, depth: int, code: str, name: str, *cells: Any) -> _Line:
        return cls(depth, record.pk, code, name, [_plain(cell) for cell in cells])


def _plain(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    return "" if value is None else str(value)


def _read_day(request: HttpRequest) -> tuple[OnForm, dt.date]:
    """The day asked for, today where none was or it is none."""
    today = hooks.now().date()
    form = OnForm({"on": request.GET.get("on") or today.isoformat()})
    return form, form.cleaned_data["on"] if form.is_valid() else today


class UnitView(ScopedView):
    """A page about one unit that this person may change."""

    right = "change"
    right_model = Unit
    template = "reference/unit_form.html"
    title: ClassVar[Any]
    about: ClassVar[Any]

    def form(self, unit: Unit, given: Any = None) -> Any:
        raise NotImplementedError

    def act(self, unit: Unit, values: dict[str, Any]) -> Unit:
        raise NotImplementedError

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        unit = self.get_record(Unit, pk, "change")
        return self._show(unit, self.form(unit))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        unit = self.get_record(Unit, pk, "change")
        form = self.form(unit, request.POST)
        if not form.is_valid():
            return self._show(unit, form, 422)
        saved = self.act(unit, form.cleaned_data)
        messages.success(request, gettext("已保存“%(record)s”") % {"record": saved})
        return redirect("reference:units-record", pk=pk)

    def _show(self, unit: Unit, form: Any, status: int = 200) -> HttpResponse:
        below = Unit.objects.filter(path__startswith=unit.path).count() - 1
        return self.show(
            {"unit": unit, "form": form, "title": self.title, "about": self.about, "below": below},
            status=status,
        )


class MoveUnitView(UnitView):
    """Put a unit and all below it under another parent."""

    title = _("移到别的上级")
    about = _("下级单位一起移动，可见范围随之改变。")

    def form(self, unit: Unit, given: Any = None) -> Any:
        elsewhere = self.scoped(Unit, "change").exclude(path__startswith=unit.path)
        return MoveUnitForm(given, units=elsewhere, initial={"parent": unit.parent})

    def act(self, unit: Unit, values: dict[str, Any]) -> Unit:
        by: Any = self.request.user
        return operations.move_unit(unit, values["parent"], reason=values["reason"], by=by, at=hooks.now())


class CloseUnitView(UnitView):
    """Let a unit end on a day."""

    title = _("停用")
    about = _("先停用或移走它的下级单位。记录都保留。")

    def form(self, unit: Unit, given: Any = None) -> Any:
        return CloseUnitForm(given, initial={"on": hooks.now().date()})

    def act(self, unit: Unit, values: dict[str, Any]) -> Unit:
        by: Any = self.request.user
        return operations.close_unit(unit, values["on"], reason=values["reason"], by=by, at=hooks.now())


class ChooseDuplicateView(ScopedView):
    """The other record of the same enterprise, found by name or code."""

    right = "administer"
    right_model = Enterprise
    template = "reference/choose_duplicate.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        enterprise = self.get_record(Enterprise, pk)
        asked = request.GET.get("q", "").strip()
        found = search.search(self.scoped(Enterprise), asked or enterprise.name[:4])
        candidates = queries.list_candidates(enterprise, found)
        return self.show({"enterprise": enterprise, "asked": asked, "candidates": candidates})


class MergeView(ScopedView):
    """Two records side by side, and the merging of one into the other."""

    right = "administer"
    right_model = Enterprise
    template = "reference/merge.html"

    def get(self, request: HttpRequest, pk: int, other: int) -> HttpResponse:
        return self._show(*self._two(pk, other), ReasonForm())

    def post(self, request: HttpRequest, pk: int, other: int) -> HttpResponse:
        kept, duplicate = self._two(pk, other)
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self._show(kept, duplicate, form, 422)
        by: Any = request.user
        merge = merging.merge_enterprises(
            kept=kept, duplicate=duplicate, reason=form.cleaned_data["reason"], by=by, at=hooks.now()
        )
        messages.success(request, gettext("已合并，移动了 %(count)s 条记录") % {"count": merge.moves.count()})
        return redirect("reference:merges-record", pk=merge.pk)

    def _two(self, pk: int, other: int) -> tuple[Enterprise, Enterprise]:
        return self.get_record(Enterprise, pk), self.get_record(Enterprise, other)

    def _show(self, kept: Enterprise, duplicate: Enterprise, form: Any, status: int = 200) -> HttpResponse:
        facts = []
        for name in Enterprises.fields:
            stored: Any = Enterprise._meta.get_field(name)
            left, right = getattr(kept, name), getattr(duplicate, name)
            facts.append((stored.verbose_name, left, right, left != right))
        counts = dict(merging.count_children(kept)), dict(merging.count_children(duplicate))
        children = [
            (gettext(title), counts[0].get(title, 0), counts[1].get(title, 0))
            for title in sorted(counts[0] | counts[1])
        ]
        return self.show(
            {
                "kept": kept,
                "duplicate": duplicate,
                "facts": facts,
                "children": children,
                "moving": sum(counts[1].values()),
                "form": form,
            },
            status=status,
        )


class UndoMergeView(ScopedView):
    """Take a merge back, with a reason."""

    right = "administer"
    right_model = Merge
    template = "reference/undo_merge.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._show(self.get_record(Merge, pk), ReasonForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        merge = self.get_record(Merge, pk)
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self._show(merge, form, 422)
        by: Any = request.user
        merging.undo_merge(merge, reason=form.cleaned_data["reason"], by=by, at=hooks.now())
        messages.success(
            request, gettext("已撤销合并，记录都回到了“%(record)s”") % {"record": merge.duplicate.name}
        )
        return redirect("reference:merges-record", pk=pk)

    def _show(self, merge: Merge, form: Any, status: int = 200) -> HttpResponse:
        return self.show({"merge": merge, "form": form, "count": merge.moves.count()}, status=status)
