from yunpu.kernel.text import mark as _
from yunpu.ui.menu import ADMINISTRATION, Entry

TRAIL = Entry(ADMINISTRATION, _("留痕"), "trail:events-list", right="read-trail", icon="history", order=10)
