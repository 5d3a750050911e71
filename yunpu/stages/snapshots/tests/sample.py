"""A table with every kind of column, made for one test, and the slow obvious twin of its content digest."""

import contextlib
import datetime as dt
import struct
import unicodedata

from django.db import connection, models

from yunpu.kernel.digests import canonical, sm3_hex
from yunpu.stages.snapshots import registry
from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable, Kind


class Sample(models.Model):
    code = models.CharField(max_length=40, unique=True)
    note = models.TextField(null=True)
    number = models.BigIntegerField(null=True)
    amount_fen = models.BigIntegerField()
    day = models.DateField(null=True)
    flag = models.BooleanField(null=True)

    class Meta:
        app_label = "snapshots_sample"

    def __str__(self):
        return self.code


TABLE = FrozenTable(
    name="test.sample",
    title="样本",
    model="snapshots_sample.Sample",
    columns=(
        FrozenColumn("code", Kind.TEXT, "编码"),
        FrozenColumn("note", Kind.TEXT, "说明"),
        FrozenColumn("number", Kind.INTEGER, "数"),
        FrozenColumn("amount_fen", Kind.FEN, "金额"),
        FrozenColumn("day", Kind.DATE, "日期"),
        FrozenColumn("flag", Kind.YES_NO, "标志"),
    ),
    key=("code",),
)


@contextlib.contextmanager
def sample_table(monkeypatch):
    """The table of the sample model, for as long as the test lasts."""
    real = registry.model_of
    monkeypatch.setattr(
        registry, "model_of", lambda table: Sample if table.name == TABLE.name else real(table)
    )
    with connection.schema_editor() as editor:
        editor.create_model(Sample)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {Sample._meta.db_table}")


def slow_digest(rows, block=100_000):
    """The content digest written out plainly, without Arrow: what the fast one must equal."""
    ordered = sorted(rows, key=lambda row: row["code"].encode())
    columns = []
    for column in TABLE.columns:
        content = b""
        for start in range(0, len(ordered), block):
            content += _block_bytes(column.kind, [row[column.name] for row in ordered[start : start + block]])
        columns.append(sm3_hex(content))
    return sm3_hex(canonical([TABLE.name, TABLE.schema_text, *columns]))


def _block_bytes(kind, values):
    content = struct.pack("<q", len(values)) + bytes(value is None for value in values)
    if kind is Kind.TEXT:
        texts = [unicodedata.normalize("NFC", value or "").encode() for value in values]
        return content + b"".join(struct.pack("<i", len(text)) for text in texts) + b"".join(texts)
    if kind is Kind.DATE:
        days = [(value - dt.date(1970, 1, 1)).days if value else 0 for value in values]
        return content + b"".join(struct.pack("<i", day) for day in days)
    if kind is Kind.YES_NO:
        return content + bytes(bool(value) for value in values)
    return content + b"".join(struct.pack("<q", value or 0) for value in values)
