"""`yunpu createadmin`: the first administrator of a district."""

from __future__ import annotations

import argparse
import secrets
import sys

from yunpu.config.cli import DONE, FOUND, Translate, start_django
from yunpu.kernel.text import mark as _


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    parser.add_argument("username", help=say(_("用户名")))
    parser.add_argument("--name", default="", help=say(_("显示的名称")))
    parser.add_argument(
        "--unit", default="", metavar=say(_("编码")), help=say(_("单位编码，默认为最上级单位"))
    )


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    from django.conf import settings

    from yunpu.access.models import Grant, Role, User
    from yunpu.config.actor import operator
    from yunpu.reference.models import Unit
    from yunpu.trail import clock
    from yunpu.trail.operations import operation

    if User.objects.filter(username=options.username).exists():
        print(say(_("已有用户 %(name)s。")) % {"name": options.username}, file=sys.stderr)
        return FOUND
    by, at = operator(), clock.now()
    units = Unit.objects.filter(code=options.unit) if options.unit else Unit.objects.filter(parent=None)
    unit = units.order_by("path").first()
    if unit is None and options.unit:
        print(say(_("没有单位 %(code)s。")) % {"code": options.unit}, file=sys.stderr)
        return FOUND
    if unit is None:
        with operation("reference.unit-created", by=by, at=at) as note:
            unit = Unit.objects.create(code="1", name=settings.DISTRICT, level=Unit.Level.DISTRICT, path="/")
            unit.path = f"/{unit.pk}/"
            unit.save(update_fields=["path"])
            note.created(unit)
    secret = secrets.token_urlsafe(12)
    with operation("access.user-created", by=by, at=at) as note:
        user = User(username=options.username, name=options.name or options.username, unit=unit)
        user.set_password(secret)
        user.save()
        Grant.objects.create(user=user, role=Role.ADMINISTRATOR, unit=unit, valid_from=clock.today())
        note.created(user)
    print(say(_("一次性密码：%(secret)s（首次登录须改）")) % {"secret": secret})
    return DONE
