"""What must hold, holds in the database."""

import pytest
from django.core.exceptions import ValidationError

from yunpu.domains.$name import queries
from yunpu.domains.$name.operations import correct_amount
from yunpu.domains.$name.tests.factories import AT, BY, make_record
from yunpu.trail.models import Event

pytestmark = pytest.mark.django_db


def test_a_negative_amount_is_refused():
    with pytest.raises(ValidationError, match="${name}_record_amount_not_negative"):
        make_record(amount_fen=-1)


def test_records_of_a_year_come_newest_first():
    older, newer = make_record(), make_record(code="A-002", recorded_on="2020-06-01")
    make_record(code="A-003", recorded_on="2019-06-01")
    assert list(queries.list_records(2020)) == [newer, older]


def test_correcting_an_amount_is_one_event():
    record = make_record()
    before = Event.objects.count()
    corrected = correct_amount(record, 5, reason="抄错", by=BY, at=AT)
    assert corrected.amount_fen == 5
    assert Event.objects.count() == before + 1
    assert Event.objects.order_by("id").last().after["amount_fen"] == 5
