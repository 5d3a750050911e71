from yunpu.kernel.text import mark as _
from yunpu.ui.menu import ADMINISTRATION, Entry

REFERENCE = Entry(ADMINISTRATION, _("基础信息"), "reference:area", icon="id", order=20)
