"""Where the indicators stand in the menu."""

from yunpu.kernel.text import mark as _
from yunpu.ui.menu import DATA, Entry

FIGURES = Entry(DATA, _("数字"), "indicators:figures-list", icon="chart-bar", order=40, key="l")
CATALOGUE = Entry(DATA, _("指标目录"), "indicators:catalogue", icon="database", order=41)
