"""Personal and secret fields (个人信息): encrypted in the database, masked on screens, told only with a reason.

    phone = PersonalField(_("手机"), mask=Mask.PHONE, blank=True, default="")

A record gives a `Personal`: `str()` is its mask, so that whatever prints it – a page, a file, a log, an error – shows the
mask; `reveal()` is the value. In the database stands

    <blind index>.<number of the data key>.<SM4-GCM, base64>

The index is HMAC-SM3 of the value under the field's own key, so that an exact value is found without opening any. The
model, the field and the record's number are bound in: a value moved to another record does not open. Values are
therefore written one record at a time; `update()` and `bulk_update()` refuse.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models.lookups import Exact, IsNull
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import pre_save
from django.utils.translation import gettext_lazy as _

from yunpu.kernel.ciphers import decrypt, encrypt
from yunpu.kernel.digests import hmac_sm3
from yunpu.kernel.masking import STAR, Mask, masked
from yunpu.kernel.text import normalise
from yunpu.trail.data_keys import key_in_use, key_of
from yunpu.trail.models import DataKey
from yunpu.trail.words import PERSONAL

INDEX_CHARACTERS = 32


class Personal:
    """One personal value of one record. Its text is its mask."""

    __slots__ = ("_plain", "field", "row", "stored")

    def __init__(
        self, field: PersonalField, *, stored: str = "", row: int | None = None, plain: str | None = None
    ) -> None:
        self.field, self.stored, self.row, self._plain = field, stored, row, plain

    def __str__(self) -> str:
        if self._plain is None and self.stored and self.row is None:
            return STAR * 4  # a value without its record cannot be opened
        return masked(self.reveal(), self.field.mask)

    def __repr__(self) -> str:
        return f"<Personal {self.field.name}>"

    def __bool__(self) -> bool:
        return bool(self.stored or self._plain)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Personal):
            return self.field.key == other.field.key and self.index() == other.index()
        return isinstance(other, str) and self.index() == self.field.index_of(other)

    def __hash__(self) -> int:
        return hash(self.index())

    def __reduce__(self) -> Any:
        raise TypeError("personal data is not pickled")

    def __deepcopy__(self, memo: Any) -> Personal:
        return self

    def index(self) -> str:
        """The blind index: equal for equal values of one field, and no way back."""
        if self._plain is not None:
            return self.field.index_of(self._plain)
        return self.stored.partition(".")[0]

    def reveal(self) -> str:
        """The value itself. Raises Tampered where it was changed or belongs to another record."""
        if self._plain is None:
            self._plain = self.field.open(self.stored, self.row)
        return self._plain


class PersonalAttribute(DeferredAttribute):
    """What a record gives and takes: a plain text becomes a `Personal`; its own mask, sent back, changes nothing."""

    field: PersonalField

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, Personal) and value.row is None:
            value.row = instance.pk
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        name = self.field.attname
        before = instance.__dict__.get(name)
        if isinstance(value, Personal):
            if value.row is not None and value.row != instance.pk:
                value = Personal(self.field, plain=value.reveal())
        else:
            text = normalise(str(value or ""))
            if isinstance(before, Personal) and before and text == str(self.__get__(instance)):
                return
            value = Personal(self.field, plain=text)
        instance.__dict__[name] = value


class PersonalFormField(forms.CharField):
    """Shows the mask; left as it is, nothing changes; else the whole value is typed anew."""

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, Personal) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(initial or "") != (data or "")


class PersonalField(models.TextField):
    """A text that only its mask is seen of. `mask` says which kind of data it is."""

    is_personal = True
    descriptor_class = PersonalAttribute

    def __init__(self, *args: Any, mask: Mask = Mask.ALL, **values: Any) -> None:
        super().__init__(*args, **values)
        self.mask = mask

    def deconstruct(self) -> Any:
        name, path, arguments, values = super().deconstruct()
        return name, path, arguments, values | {"mask": str(self.mask)}

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if not cls._meta.abstract:
            pre_save.connect(_give_number, sender=cls, dispatch_uid=f"personal {cls._meta.label}")

    def db_type(self, connection: Any) -> str:
        return "text"

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        collation = "C" if connection.vendor == "postgresql" else None
        return {**super().db_parameters(connection), "collation": collation}

    @property
    def key(self) -> str:
        """By what the keys of this field are known."""
        return f"{self.model._meta.label_lower}.{self.name}"

    def index_of(self, plain: str) -> str:
        """The blind index of a value; empty for none."""
        text = normalise(plain)
        if not text:
            return ""
        _number, key = key_in_use(self.key, DataKey.Kind.INDEX)
        return hmac_sm3(key, text.encode())[:INDEX_CHARACTERS]

    def seal_for(self, value: Any, row: int) -> str:
        """The value as the database keeps it for one record."""
        plain = value.reveal() if isinstance(value, Personal) else normalise(str(value or ""))
        if not plain:
            return ""
        number, key = key_in_use(self.key, DataKey.Kind.VALUE)
        sealed = encrypt(key, plain.encode(), self._bound(row))
        return f"{self.index_of(plain)}.{number}.{base64.b64encode(sealed).decode()}"

    def open(self, stored: str, row: int | None) -> str:
        """The value that the database keeps for one record. Raises Tampered."""
        if not stored:
            return ""
        assert row is not None, "a personal value opens for its record only"
        _index, number, sealed = stored.split(".")
        return decrypt(key_of(int(number)), base64.b64decode(sealed), self._bound(row)).decode()

    def trail_value(self, value: Any) -> str:
        """What the trail keeps of it: that it changed and whether it is the same again, never what it is."""
        index = value.index() if isinstance(value, Personal) else self.index_of(str(value or ""))
        return f"{PERSONAL}{index}" if index else ""

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        assert isinstance(value, Personal)
        if value and not value.stored:
            assert model_instance.pk is not None, f"{self.key}: a record is numbered before it is written"
            value.stored, value.row = self.seal_for(value, model_instance.pk), model_instance.pk
        return value

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else Personal(self, stored=value)

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Personal):
            if value.stored or not value:
                return value.stored
        elif value == "" or value is None:
            return value
        raise TypeError(f"{self.key}: personal data is written one record at a time")

    def get_lookup(self, lookup_name: str) -> Any:
        return {"exact": FoundByIndex, "isnull": IsNull}.get(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        return None

    def value_to_string(self, obj: Any) -> str:
        return self.trail_value(getattr(obj, self.attname))

    def clean(self, value: Any, model_instance: Any) -> Any:
        plain = value.reveal() if isinstance(value, Personal) else str(value or "")
        if not plain and not self.blank:
            raise ValidationError(self.error_messages["blank"], code="blank")
        if STAR in plain:
            raise ValidationError(_("请写完整的内容；不改就保留原来的样子"), code="masked")
        return value

    def formfield(self, **values: Any) -> Any:
        return PersonalFormField(
            **{
                "label": self.verbose_name,
                "required": not self.blank,
                "help_text": self.help_text or _("加密保存，显示时遮盖"),
                "max_length": 200,
                "widget": forms.TextInput(attrs={"autocomplete": "off"}),
            }
            | values
        )

    def _bound(self, row: int) -> bytes:
        return f"{self.key}\x00{row}".encode()


class FoundByIndex(Exact):
    """The records whose value is exactly this one, by the blind index."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, params = self.process_lhs(compiler, connection)
        stored = self.lhs.output_field
        index = self.rhs.index() if isinstance(self.rhs, Personal) else stored.index_of(str(self.rhs or ""))
        if not index:
            return f"{left} = %s", [*params, ""]
        return f"({left} >= %s AND {left} < %s)", [*params, f"{index}.", *params, f"{index}/"]


def personal_fields() -> list[PersonalField]:
    """Every personal field of the project, in order of names."""
    from django.apps import apps

    found = [
        stored
        for model in apps.get_models()
        for stored in model._meta.concrete_fields
        if isinstance(stored, PersonalField)
    ]
    return sorted(found, key=lambda stored: stored.key)


def reserve_numbers(meta: Any, count: int) -> Sequence[int]:
    """Fresh primary keys, ascending. SQLite: its writer is alone; PostgreSQL: each from the sequence, so that nobody
    who enters a record meanwhile can be given one of them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [f'"{meta.db_table}"', meta.pk.column, count],
            )
            return [int(number) for (number,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [meta.db_table])
        row = cursor.fetchone()
        first = int(row[0]) + 1 if row else 1
        return range(first, first + count)


def _give_number(sender: Any, instance: Any, raw: bool = False, **_more: Any) -> None:
    """A new record gets its number before its personal values are bound to it."""
    if instance.pk is None and not raw:
        [instance.pk] = reserve_numbers(sender._meta, 1)
