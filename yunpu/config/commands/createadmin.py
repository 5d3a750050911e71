"""`yunpu createadmin`: the three separated administrators (三员) of a district, in one go.

It makes those of the three that nobody is yet, and gives no role once there are all three: from then on roles come
from the security administrator alone. `--reset` gives somebody a new one-time password when nobody else can.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from typing import Any

from yunpu.config.cli import DONE, FOUND, Translate, start_django
from yunpu.kernel.text import mark as _

USERNAMES = (("administrator", "xitong"), ("security", "anquan"), ("audit", "shenjiyuan"))


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    for role, username in USERNAMES:
        parser.add_argument(
            f"--{role}",
            default=username,
            metavar=say(_("用户名")),
            help=say(ABOUT[role]) % {"name": username},
        )
    parser.add_argument(
        "--unit", default="", metavar=say(_("编码")), help=say(_("单位编码，默认为最上级单位"))
    )
    parser.add_argument(
        "--reset",
        default="",
        metavar=say(_("用户名")),
        help=say(_("不建账号，只给这个用户新的一次性密码；角色不变")),
    )


ABOUT = {
    "administrator": _("系统管理员的用户名，默认 %(name)s"),
    "security": _("安全管理员的用户名，默认 %(name)s"),
    "audit": _("审计管理员的用户名，默认 %(name)s"),
}


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    if options.reset:
        return _reset(options.reset, say)
    unit = _find_unit(options.unit)
    if unit is None:
        print(say(_("没有单位 %(code)s。")) % {"code": options.unit}, file=sys.stderr)
        return FOUND
    missing = [(role, getattr(options, role)) for role, _name in USERNAMES if not _is_held(role)]
    if not missing:
        print(say(_("三员都已经有了；角色由安全管理员授予。忘了密码用 --reset 用户名。")), file=sys.stderr)
        return FOUND
    return _make(missing, unit, say)


def _make(missing: list[tuple[str, str]], unit: Any, say: Translate) -> int:
    """The missing ones, or none of them where a name is taken."""
    from yunpu.access.models import Grant, Role, User
    from yunpu.config.actor import operator
    from yunpu.trail import clock
    from yunpu.trail.operations import operation

    names = [username for _role, username in missing]
    taken = User.objects.filter(username__in=names).order_by("username").values_list("username", flat=True)
    if taken or len(set(names)) < len(names):
        told = "、".join(taken) or names[0]
        print(say(_("已有用户 %(name)s；三员要用三个新账号。")) % {"name": told}, file=sys.stderr)
        return FOUND
    by, at = operator(), clock.now()
    lines = []
    with operation("access.administrators-created", by=by, at=at) as note:
        for role, username in missing:
            secret = secrets.token_urlsafe(12)
            user = User(username=username, name=str(Role(role).label), unit=unit)
            user.set_password(secret)
            user.save()
            Grant.objects.create(user=user, role=role, unit=unit, valid_from=clock.today())
            lines.append(f"  {username:<12} {secret:<18} {Role(role).label}")
        note.act(unit, users=names)
    print(say(_("账号和一次性密码（首次登录须改；请分别当面交给三个人）：")))
    print("\n".join(lines))
    return DONE


def _find_unit(code: str) -> Any:
    """The unit asked for, or the topmost, or a new one where there is none yet; None where the code is unknown."""
    from django.conf import settings

    from yunpu.config.actor import operator
    from yunpu.reference.models import Unit
    from yunpu.reference.operations import create_unit
    from yunpu.trail import clock

    units = Unit.objects.filter(code=code) if code else Unit.objects.filter(parent=None)
    unit = units.order_by("path").first()
    if unit is not None or code:
        return unit
    values = {"code": "1", "name": settings.DISTRICT, "level": Unit.Level.DISTRICT}
    return create_unit(Unit, values, by=operator(), at=clock.now())


def _is_held(role: str) -> bool:
    """Whether somebody is this administrator of everything, today or from a later day on."""
    from django.db.models import Q

    from yunpu.access.models import Grant
    from yunpu.trail import clock

    grants = Grant.objects.filter(role=role, user__is_active=True, unit__parent=None)
    return grants.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=clock.today())).exists()


def _reset(username: str, say: Translate) -> int:
    from yunpu.access.models import User
    from yunpu.access.operations import reset_password
    from yunpu.config.actor import operator
    from yunpu.trail import clock

    user = User.objects.filter(username=username).first()
    if user is None:
        print(say(_("没有用户 %(name)s。")) % {"name": username}, file=sys.stderr)
        return FOUND
    secret = reset_password(user, by=operator(), at=clock.now())
    print(say(_("一次性密码：%(secret)s（首次登录须改）")) % {"secret": secret})
    return DONE
