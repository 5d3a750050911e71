"""Where the snapshots stand in the menu."""

from yunpu.kernel.text import mark as _
from yunpu.ui.menu import DATA, Entry

SNAPSHOTS = Entry(DATA, _("快照"), "snapshots:snapshots-list", icon="camera", order=30, key="s")
