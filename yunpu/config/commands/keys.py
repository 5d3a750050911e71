"""`yunpu keys`: which keys there are, and renewing them while people work."""

from __future__ import annotations

import argparse

from yunpu.config.cli import DONE, Translate, start_django
from yunpu.kernel.text import mark as _


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    steps = parser.add_subparsers(dest="step", required=True, metavar=say(_("步骤")), title=say(_("步骤")))
    steps.add_parser("list", help=say(_("列出密钥和还由旧密钥加密的条数")))
    for step, about in (
        ("renew-master", _("换主密钥，用它重新包裹全部数据密钥")),
        ("renew-data", _("换每个个人信息字段的数据密钥，逐条重新加密")),
    ):
        one = steps.add_parser(step, help=say(about))
        one.add_argument(
            "--reason", required=True, metavar=say(_("理由")), help=say(_("为什么更换，记入留痕"))
        )
    steps.add_parser("finish", help=say(_("接着做完中断了的重新加密")))


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    steps = {"list": show, "renew-master": renew_master, "renew-data": renew_data, "finish": finish}
    return steps[options.step](options, say)


def show(_options: argparse.Namespace, say: Translate) -> int:
    from yunpu.trail.keyring import key_provider
    from yunpu.trail.models import DataKey
    from yunpu.trail.personal import personal_fields
    from yunpu.trail.renewing import count_older

    print(say(_("主密钥 %(name)s")) % {"name": key_provider().master()})
    for name in key_provider().public_keys():
        print(say(_("签名密钥 %(name)s")) % {"name": name})
    for key in DataKey.objects.order_by("field", "kind", "pk"):
        used = "✓" if key.in_use else " "
        print(f"  {used} {key.pk:>4} {key.field:<40} {say(str(key.get_kind_display())):<8} {key.master}")
    for field in personal_fields():
        older = count_older(field)
        if older:
            print(say(_("%(field)s 还有 %(count)s 条由旧密钥加密")) % {"field": field.key, "count": older})
    return DONE


def renew_master(options: argparse.Namespace, say: Translate) -> int:
    from yunpu.config.actor import operator
    from yunpu.trail import clock
    from yunpu.trail.renewing import renew_master_key

    count = renew_master_key(by=operator(), at=clock.now(), reason=options.reason)
    print(say(_("已换主密钥，重新包裹 %(count)s 把数据密钥。请备份 keys 文件夹。")) % {"count": count})
    return DONE


def renew_data(options: argparse.Namespace, say: Translate) -> int:
    from yunpu.config.actor import operator
    from yunpu.config.progress import Bar
    from yunpu.trail import clock
    from yunpu.trail.personal import personal_fields
    from yunpu.trail.renewing import renew_field_key

    count = 0
    for field in personal_fields():
        with Bar() as bar:
            count += renew_field_key(
                field, by=operator(), at=clock.now(), reason=options.reason, progress=bar
            )
    print(say(_("重新加密 %(count)s 条")) % {"count": count})
    return DONE


def finish(_options: argparse.Namespace, say: Translate) -> int:
    from yunpu.config.progress import Bar
    from yunpu.trail.personal import personal_fields
    from yunpu.trail.renewing import finish_renewing

    count = 0
    for field in personal_fields():
        with Bar() as bar:
            count += finish_renewing(field, progress=bar)
    print(say(_("重新加密 %(count)s 条")) % {"count": count})
    return DONE
