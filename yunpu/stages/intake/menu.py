from yunpu.kernel.text import mark as _
from yunpu.ui.menu import DATA, Entry

INTAKE = Entry(DATA, _("数据接入"), "intake:loads-list", icon="table-import", order=10, key="i")
