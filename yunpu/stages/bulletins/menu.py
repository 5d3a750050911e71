from yunpu.kernel.text import mark as _
from yunpu.ui.menu import DATA, OPEN, Entry

BULLETINS = Entry(DATA, _("简报"), "bulletins:drafts-list", icon="news", order=50, key="b")
CONFIRM = Entry(OPEN, _("核验简报"), "bulletins:confirm", right="", icon="check", order=90)
