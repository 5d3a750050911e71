"""The small district, built once a test."""

from __future__ import annotations

import pytest

from yunpu.stages.bulletins.tests import office


@pytest.fixture
def district(transactional_db, monkeypatch, settings):
    """Firms, a snapshot and its figure; the clock stands at its day."""
    settings.CLOCK_DATE = office.AS_OF
    office.declare(monkeypatch)
    office.make_firms()
    return office.make_snapshot()


@pytest.fixture
def people(district):
    return office.make_people()
