import datetime as dt
import json
import stat

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from yunpu.reference.models import Enterprise, Unit
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.operations import UnableToFreeze, freeze
from yunpu.stages.snapshots.verifying import (
    UnableToUseSnapshot,
    checked_path,
    read_manifest,
    verify,
)
from yunpu.trail.models import Event
from yunpu.trail.operations import System

pytestmark = pytest.mark.django_db(transaction=True)

BY = System("测试")
AT = dt.datetime(2020, 12, 20, 6, 0, tzinfo=dt.UTC)
AS_OF = dt.date(2020, 12, 20)


@pytest.fixture
def units():
    root = Unit.objects.create(code="361100", name="云谱区", level="district", path="/1/")
    Unit.objects.create(code="361100-kg", name="区科工局", short_name="科工局", level="bureau", parent=root, path="/1/2/")
    Enterprise.objects.create(credit_code="91361100MA0000001X", name="甲公司", industry="制造")
    Enterprise.objects.create(credit_code="91361100MA0000002X", name="乙公司")


def test_freeze_keeps_every_declared_table(units):
    snapshot = freeze(AS_OF, by=BY, at=AT)
    assert snapshot.number == "S-20201220-01"
    rows = dict(snapshot.tables.values_list("name", "rows"))
    assert rows["reference.units"] == 2
    assert rows["reference.enterprises"] == 2
    assert verify(snapshot) == []
    event = Event.objects.get()
    assert (event.verb, event.object_name) == ("snapshots.snapshot-frozen", "S-20201220-01")
