"""Records of a very small district, written straight to the tables."""

import datetime as dt

from yunpu.domains.outreach.models import Activity, HandOut, Series
from yunpu.reference.models import Unit
from yunpu.trail.operations import System

BY = System("测试")
AT = dt.datetime(2020, 12, 20, 6, 0, tzinfo=dt.UTC)
AS_OF = dt.date(2020, 12, 20)


def make_units():
    """A district with two bureaux."""
    root = Unit.objects.create(code="361100", name="云谱区", level="district", path="/")
    Unit.objects.filter(pk=root.pk).update(path=f"/{root.pk}/")
    for code, name in (("361100-kg", "区科工局"), ("361100-cz", "区财政局")):
        unit = Unit.objects.create(code=code, name=name, level="bureau", parent=root, path="/")
        Unit.objects.filter(pk=unit.pk).update(path=f"/{root.pk}/{unit.pk}/")


def make_activity(code, day, *, unit="361100-kg", series="", handed=0):
    """One activity with, where asked, so many leaflets handed out."""
    office = Unit.objects.get(code=unit)
    run = (
        Series.objects.get_or_create(code=series, defaults={"name": series, "unit": office})[0]
        if series
        else None
    )
    activity = Activity.objects.create(
        code=code,
        name=f"活动{code}",
        kind="online",
        held_on=dt.date.fromisoformat(day),
        unit=office,
        series=run,
    )
    if handed:
        HandOut.objects.create(activity=activity, title="政策汇编", quantity=handed)
    return activity
