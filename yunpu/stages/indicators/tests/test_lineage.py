import datetime as dt

import pytest

from yunpu.kernel.periods import Period
from yunpu.reference.models import Enterprise, Unit
from yunpu.stages.indicators import operations
from yunpu.stages.indicators.lineage import Live, tracing
from yunpu.stages.indicators.operations import compute
from yunpu.stages.indicators.tests import declared
from yunpu.stages.snapshots.operations import freeze
from yunpu.trail.operations import System

pytestmark = pytest.mark.django_db(transaction=True)
BY = System("测试")
AT = dt.datetime(2020, 12, 20, 6, 0, tzinfo=dt.UTC)
AS_OF = dt.date(2020, 12, 20)


@pytest.fixture
def figure(monkeypatch):
    monkeypatch.setattr(operations, "list_indicators", lambda: [declared.FIRMS])
    Unit.objects.create(code="361100", name="云谱区", level="district", path="/1/")
    for n in range(3):
        Enterprise.objects.create(
            credit_code=f"9136110000{n:08}",
            name=f"企业{n}",
            industry="制造",
            batch_id=7,
            sheet_name="表",
            row_number=n + 2,
        )
    return compute(freeze(AS_OF, by=BY, at=AT), Period.year(2020), by=BY, at=AT)[0]


def test_rows_are_those_counted_with_their_live_records(figure):
    Enterprise.objects.filter(credit_code="913611000000000001").update(name="新名")
    Enterprise.objects.filter(credit_code="913611000000000002").delete()
    with tracing(figure, user=BY, on=AS_OF) as lineage:
        page = lineage.page()
        assert lineage.agrees
        assert [row.live for row in page.rows] == [Live.SAME, Live.CHANGED, Live.GONE]
        assert [(cell.column.name, cell.frozen, cell.now) for cell in page.rows[1].changed] == [
            ("name", "企业1", "新名")
        ]
        assert (page.rows[2].origin.batch_id, page.rows[2].origin.row) == (7, 4)
        assert next((group.value, group.rows) for group in lineage.groups()) == ("913611000000000000", 1)
