"""A synthetic district for tests of the whole flow: built as `yunpu demo` builds it, each in folders of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from yunpu.config import district
from yunpu.reference.models import Unit
from yunpu.stages.intake.models import Load

AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)


@pytest.fixture
def in_folder(settings: Any, tmp_path: Path) -> Callable[[str], Path]:
    """Use a data folder of that name from now on."""

    def use(name: str) -> Path:
        folder = tmp_path / name
        settings.FOLDER = folder
        settings.ORIGINALS_FOLDER = folder / "originals"
        settings.SNAPSHOTS_FOLDER = folder / "snapshots"
        settings.MEDIA_ROOT = folder / "originals"
        folder.mkdir(exist_ok=True)
        return folder

    use("var")
    return use


@pytest.fixture
def built(in_folder: Callable[[str], Path], transactional_db: None) -> Path:
    """The demo district, from files to an issued bulletin."""
    district.build(at=AT, tell=lambda _line: None)
    return in_folder("var")


def hand_in(path: Path, unit: str = "YP", format_code: str = "") -> Load:
    """Hand a file in as a user does: received, checked, kept."""
    from yunpu.stages.intake import operations

    with path.open("rb") as stream:
        load = operations.receive_file(
            stream,
            name=path.name,
            unit=Unit.objects.get(code=unit),
            by=district.BUILDER,
            at=AT,
            format_code=format_code,
        )
    operations.check_load(load, by=district.BUILDER, at=AT)
    assert not load.error_count, load.findings
    return operations.keep_load(load, by=district.BUILDER, at=AT, acknowledgement="测试")
