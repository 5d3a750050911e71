"""What cannot be done with a run, and what to do instead."""

from __future__ import annotations

from yunpu.kernel.refusals import Reasoned, Refusal
from yunpu.kernel.text import mark as _


class UnableToBegin(Reasoned):
    """A process that cannot be begun for a record."""

    code = "REC-101"
    headline = _("不能发起办理：%(reason)s")
    why = _("没有发起任何流程，记录没有改动。")
    ways_out = ((_("在记录页上看它正在办的流程"), ""),)


class UnableToTakeStep(Reasoned):
    """A step that this person cannot take now."""

    code = "REC-102"
    headline = _("不能办理这一步：%(reason)s")
    why = _("办件停在原来的环节，没有改动。")
    ways_out = ((_("打开办件，看现在在谁手里、还差什么"), "/records/runs/%(run)s/open/"),)


class ActedMeanwhile(Refusal):
    """Somebody acted, or changed the record, since the page was opened."""

    code = "REC-103"
    headline = _("不能照刚才看到的办：打开之后%(what)s")
    why = _("您看到的已经不是现在的样子，所以没有写入；您写的意见请复制后再办。")
    ways_out = ((_("看现在的样子再办"), "/records/runs/%(run)s/open/"),)


class UnableToWithdrawStep(Reasoned):
    """A step that can no longer be taken back."""

    code = "REC-104"
    headline = _("不能取回：%(reason)s")
    why = _("下一手开始办理以后，要由他退回。")
    ways_out = ((_("请下一手退回，或催办"), "/records/runs/%(run)s/open/"),)


class UnableToStopClock(Reasoned):
    """A clock that cannot be stopped or started."""

    code = "REC-105"
    headline = _("不能改变计时：%(reason)s")
    why = _("期限没有改动。")
    ways_out = ((_("看这一步的期限"), "/records/runs/%(run)s/open/"),)


class UnableToRemoveWhileRunning(Refusal):
    """A record on its way through a process."""

    code = "REC-106"
    headline = _("不能删除“%(record)s”：它正在办理中")
    why = _("删除会让办件和它的留痕失去依据，没有删除任何记录。")
    ways_out = ((_("先办完或撤销这个办件"), "/records/runs/%(run)s/open/"),)
