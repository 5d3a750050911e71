from yunpu.kernel.text import mark as _
from yunpu.ui.menu import ADMINISTRATION, Entry

USERS = Entry(
    ADMINISTRATION, _("用户与权限"), "access:users-list", right="read-users", icon="shield", order=30
)
