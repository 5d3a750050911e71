"""One small model in every shape that a list must page through."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps.registry import Apps
from django.db import models


class Sample(models.Model):
    """One row is one thing of a unit: `rank` with many equals, `day` that may be missing, `word` in text order."""

    scope_field = "unit_id"
    CREATE: ClassVar[dict[str, list[str]]] = {
        "sqlite": [
            "CREATE TABLE ui_tests_sample (id integer PRIMARY KEY, unit_id integer NOT NULL, rank integer NOT NULL, "
            "day date, word varchar(20) NOT NULL, kind varchar(5) NOT NULL)"
        ],
        "postgresql": [
            "CREATE TABLE ui_tests_sample (id bigserial PRIMARY KEY, unit_id bigint NOT NULL, rank integer NOT NULL, "
            "day date, word varchar(20) NOT NULL, kind varchar(5) NOT NULL)"
        ],
    }

    id = models.BigAutoField(primary_key=True)
    unit_id = models.BigIntegerField()
    rank = models.IntegerField()
    day = models.DateField(null=True)
    word = models.CharField(max_length=20)
    kind = models.CharField(max_length=5)

    class Meta:
        apps: Any = Apps()  # not one of the project's models
        app_label = "ui_tests"
        db_table = "ui_tests_sample"

    def __str__(self) -> str:
        return self.word
