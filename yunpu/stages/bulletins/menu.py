from yunpu.kernel.text import mark as _
from yunpu.ui.menu import DATA, Entry

BULLETINS = Entry(DATA, _("简报"), "bulletins:drafts-list", icon="news", order=50, key="b")
