import datetime as dt
from fractions import Fraction

import pytest

from yunpu.kernel.periods import Period
from yunpu.reference.models import Enterprise, Unit
from yunpu.stages.indicators import operations
from yunpu.stages.indicators.operations import compute
from yunpu.stages.indicators.queries import figures_csv, read_figures
from yunpu.stages.indicators.tests import declared
from yunpu.stages.snapshots.operations import freeze
from yunpu.trail.operations import System

pytestmark = pytest.mark.django_db(transaction=True)
BY = System("测试")
AT = dt.datetime(2020, 12, 20, 6, 0, tzinfo=dt.UTC)
AS_OF = dt.date(2020, 12, 20)
YEAR = Period.year(2020)


@pytest.fixture
def snapshot(monkeypatch):
    monkeypatch.setattr(operations, "list_indicators", lambda: [declared.FIRMS])
    Unit.objects.create(code="361100", name="云谱区", level="district", path="/1/")
    for n in range(96):
        Enterprise.objects.create(credit_code=f"9136110000{n:08}", name=f"企业{n}", industry="制造")
    Enterprise.objects.create(credit_code="91361100MA0000002X", name="乙公司")
    return freeze(AS_OF, by=BY, at=AT)


def test_figure_is_computed_once_and_read(snapshot):
    [figure] = compute(snapshot, YEAR, by=BY, at=AT)
    assert (figure.exact, figure.shown, figure.records) == (Fraction(96), "近100家", 96)
    assert compute(snapshot, YEAR, by=BY, at=AT) == [figure]
    assert read_figures(snapshot, YEAR)["test.firms"].shown == "近100家"
    assert (
        figures_csv(snapshot, YEAR).splitlines()[1]
        == "test.firms,96,家,近100家,test.firms@1,S-20201220-01,96"
    )
