"""A table of the screens' own tests: an order that may be empty, equals, units. It exists in the tests' database only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from yunpu.ui.tests.sample import Sample


@pytest.fixture
def sample_table(db: None) -> Iterator[type[Sample]]:
    with connection.cursor() as cursor:
        for sql in Sample.CREATE[connection.vendor]:
            cursor.execute(sql)
    yield Sample
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE ui_tests_sample")
