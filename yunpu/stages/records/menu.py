from yunpu.kernel.text import mark as _
from yunpu.ui.menu import DATA, Entry

RUNS = Entry(DATA, _("业务办理"), "records:runs-list", icon="route", order=20)
