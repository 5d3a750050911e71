"""What can be wrong with a file (问题): every kind of finding that reading one may tell, and how a cell tells it."""

from __future__ import annotations

from typing import Any

from yunpu.kernel.findings import FindingKind, Severity, declare
from yunpu.kernel.text import mark as _


class Bad(Exception):
    """A cell that is no value of its column: kind of finding and its parameters."""

    def __init__(self, kind: FindingKind, **params: Any) -> None:
        self.kind = kind
        self.params = params
        super().__init__(kind.code)


def show(value: Any) -> str:
    """A cell as its reader sees it, cut to 40 characters, without what no database takes."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e18:
        value = int(value)
    text = str(value)
    text = text if len(text) <= 40 else text[:39] + "…"
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


# Of a cell

_E = Severity.ERROR

MISSING = declare(
    FindingKind(
        "INT-001",
        _E,
        _("“%(title)s”没有填"),
        _("少了它就不知道这一行说的是什么。"),
        _("补填“%(title)s”"),
        "空单元格",
    )
)
NOT_NUMBER = declare(
    FindingKind(
        "INT-002",
        _E,
        _("“%(value)s”不是数字"),
        _("数字列里的文字不能计算。"),
        _("只填数字"),
        "金额写成“待定”",
    )
)
NOT_WHOLE = declare(
    FindingKind(
        "INT-003", _E, _("“%(value)s”不是整数"), _("“%(title)s”按个数统计。"), _("改成整数"), "人数 2.5"
    )
)
TOO_LARGE = declare(
    FindingKind(
        "INT-004",
        _E,
        _("“%(value)s”超出可记录的范围"),
        _("数字太大，多半是多敲了几位。"),
        _("核对后重填"),
        "2^70",
    )
)
OUT_OF_RANGE = declare(
    FindingKind(
        "INT-005",
        _E,
        _("“%(value)s”应在 %(low)s 到 %(high)s 之间"),
        _("超出范围的值会让合计出错。"),
        _("核对后重填"),
        "人数 -3",
    )
)
NOT_DATE = declare(
    FindingKind(
        "INT-006",
        _E,
        _("“%(value)s”不是日期"),
        _("没有日期就不能归入报告期。"),
        _("写成 2020-11-24"),
        "2020年13月1日",
    )
)
NOT_IN_LIST = declare(
    FindingKind(
        "INT-007",
        _E,
        _("“%(value)s”不在“%(title)s”的代码表里"),
        _("代码表以外的值无法归类。"),
        _("从 %(list)s 中选一个"),
        "类型写错",
    )
)
BAD_CODE = declare(
    FindingKind(
        "INT-008",
        _E,
        _("“%(value)s”：%(reason)s"),
        _("代码错了就会对到别的主体。"),
        "%(remedy)s",
        "信用代码抄错一位",
    )
)
DIGITS_LOST = declare(
    FindingKind(
        "INT-009",
        _E,
        _("“%(value)s”超过 15 位，存成数字时末尾几位已经丢失"),
        _("丢失的位数无法还原，猜出来的代码会对到别的主体。"),
        _("把这一列设为文本格式，重新录入"),
        "18 位代码存成数字",
    )
)
TOO_LONG = declare(
    FindingKind(
        "INT-010",
        _E,
        _("内容有 %(length)s 个字，最多 %(limit)s 个"),
        _("过长的内容存不下。"),
        _("缩短，或移到备注"),
        "超长文本",
    )
)
NOT_MONEY = declare(
    FindingKind(
        "INT-011",
        _E,
        _("“%(value)s”不是金额"),
        _("金额列里的文字不能计算。"),
        _("只填数字，写成如 1,234.50"),
        "金额写成“待定”",
    )
)
FINER_THAN_FEN = declare(
    FindingKind(
        "INT-013",
        _E,
        _("“%(value)s”（%(unit)s）精确到了分以下"),
        _("金额按分记账，系统不替您四舍五入，免得与合计对不上。"),
        _("改成精确到分的数"),
        "1.234 元",
    )
)
DATE_IN_CODE = declare(
    FindingKind(
        "INT-014",
        _E,
        _("“%(title)s”里是日期 %(value)s，多半是 Excel 把编码改成了日期"),
        _("原来的写法已经丢失，猜出来的编码会对到别的记录。"),
        _("把这一列设为文本格式，重新录入"),
        "编码 3-5 被改成 3 月 5 日",
    )
)
BAD_CHARACTERS = declare(
    FindingKind(
        "INT-015",
        _E,
        _("“%(title)s”里有不能保存的控制字符"),
        _("看不见的字符会让相同的名称对不上。"),
        _("重新录入这一格"),
        "文字里有空字节",
    )
)
CELL_ERROR = declare(
    FindingKind(
        "INT-016",
        _E,
        _("“%(title)s”的公式结果是错误值"),
        _("错误值不是数据，当作空白会漏掉一个数。"),
        _("改好公式，或直接填数"),
        "#DIV/0!",
    )
)
NO_RESULT = declare(
    FindingKind(
        "INT-017",
        _E,
        _("“%(title)s”的公式没有存下计算结果"),
        _("系统不重新计算公式，当作空白会漏掉一个数。"),
        _("在 Excel 里打开并保存一次，再上传"),
        "程序生成、从未打开过的文件",
    )
)
ROUNDED = declare(
    FindingKind(
        "INT-018",
        Severity.WARNING,
        _("“%(title)s”的小数超过 %(places)s 位（如 %(value)s），已四舍五入"),
        _("多出的位数不保存，合计可能有细微差别。"),
        _("确认可以四舍五入，或改成 %(places)s 位小数"),
        "面积 3.14159",
    )
)
ZEROS_PUT_BACK = declare(
    FindingKind(
        "INT-019",
        Severity.NOTE,
        _("“%(title)s”里有不足 %(length)s 位的代码（如 %(value)s），前面补了 0"),
        _("文件里每一格都是文本，分不清是 Excel 丢了前面的 0，还是少抄了几位。"),
        _("核对这一列；少抄的补上，重新上传"),
        "csv 文件里 6 位的代码只写了 5 位",
    )
)
NOT_YES_NO = declare(
    FindingKind(
        "INT-012", _E, _("“%(value)s”应为“是”或“否”"), _("其他写法无法判断。"), _("改成“是”或“否”"), "也许"
    )
)
PERCENT_QUESTION = declare(
    FindingKind(
        "INT-020",
        Severity.QUESTION,
        _("“%(title)s”里有 %(value)s，没有百分号也没有百分比格式"),
        _("0.4 可能是 0.4%%，也可能是 40%%，相差一百倍。"),
        _("选一次“按比例（0.4＝40%%）”或“按百分数（0.4＝0.4%%）”，整列都照此办理"),
        "百分比列里写 0.4",
    )
)


# Of a sheet, its header and its rows

NO_HEADER = declare(
    FindingKind(
        "INT-030",
        Severity.ERROR,
        _("没有找到“%(format)s”的表头"),
        _("不知道哪一列是什么，就一行也不能收。"),
        _("选对格式或工作表；或下载空白模板，把数据贴进去"),
        "内容是另一张表",
    )
)
MISSING_COLUMN = declare(
    FindingKind(
        "INT-031",
        Severity.ERROR,
        _("没有“%(title)s”这一列"),
        _("这一列是必需的。"),
        _("补上这一列，或在“列对应”里指出它是哪一列"),
        "表里少一列",
    )
)
EXTRA_COLUMN = declare(
    FindingKind(
        "INT-032",
        Severity.NOTE,
        _("“%(title)s”这一列没有用到"),
        _("格式里没有它，不会导入。"),
        _("无需修改；如果它就是某一列，在“列对应”里指出"),
        "多一列备注",
        quoted=("title",),
    )
)
SAME_HEADER = declare(
    FindingKind(
        "INT-033",
        Severity.ERROR,
        _("有两列都叫“%(title)s”"),
        _("不知道该用哪一列。"),
        _("改掉其中一列的列名"),
        "两列“金额”",
        quoted=("title",),
    )
)
SAME_KEY = declare(
    FindingKind(
        "INT-034",
        Severity.ERROR,
        _("与第 %(other)s 行重复（%(key)s）"),
        _("同一关键字只能对应一条记录，否则会重复统计。"),
        _("删去一行，或改正关键字"),
        "同一行贴了两遍",
    )
)
TOTAL_DIFFERS = declare(
    FindingKind(
        "INT-035",
        Severity.WARNING,
        _("“%(title)s”的%(word)s写的是 %(told)s，明细相加是 %(sum)s"),
        _("合计与明细不一致，说明有行漏了、多了或改过。"),
        _("核对明细；明细无误就改正合计行"),
        "合计没有更新",
    )
)
TOTAL_SKIPPED = declare(
    FindingKind(
        "INT-036",
        Severity.NOTE,
        _("%(word)s行没有作为数据导入"),
        _("合计由系统计算。"),
        _("无需修改"),
        "表尾有合计行",
    )
)
NOTE_SKIPPED = declare(
    FindingKind(
        "INT-037",
        Severity.NOTE,
        _("表下的说明没有作为数据导入：%(text)s"),
        _("它不是一行数据。"),
        _("无需修改"),
        "表下有“注：”",
    )
)
HIDDEN_ROWS = declare(
    FindingKind(
        "INT-038",
        Severity.WARNING,
        _("有 %(count)s 个隐藏行也会导入（第一个是第 %(row)s 行）"),
        _("隐藏行往往是不想要的旧数据。"),
        _("不要的行请删除；要的请说明"),
        "筛选后隐藏的行",
    )
)
HIDDEN_SHEET = declare(
    FindingKind(
        "INT-039",
        Severity.NOTE,
        _("隐藏的工作表“%(name)s”没有导入"),
        _("只导入选定的工作表。"),
        _("无需修改"),
        "隐藏表",
    )
)
FORMULAS = declare(
    FindingKind(
        "INT-040",
        Severity.NOTE,
        _("有 %(count)s 个公式，用的是文件里存着的计算结果（第一个在 %(cell)s）"),
        _("系统不重新计算公式。"),
        _("如果文件是程序生成的，先在 Excel 里打开保存一次"),
        "金额用公式相乘",
    )
)
NO_ROWS = declare(
    FindingKind(
        "INT-041",
        Severity.ERROR,
        _("表头下面没有数据"),
        _("没有可以导入的行。"),
        _("填好数据再上传"),
        "空白模板",
    )
)
LINKS = declare(
    FindingKind(
        "INT-042",
        Severity.NOTE,
        _("有 %(count)s 个超链接，只导入文字"),
        _("链接不会打开。"),
        _("无需修改"),
        "单元格带链接",
    )
)
REPEATED_HEADER = declare(
    FindingKind(
        "INT-043",
        Severity.NOTE,
        _("这一行又是一次表头，没有作为数据导入"),
        _("打印的表每页重复表头。"),
        _("无需修改"),
        "表中间又有一次表头",
    )
)
UNKNOWN_UNIT = declare(
    FindingKind(
        "INT-044",
        Severity.ERROR,
        _("“%(title)s”的单位“%(unit)s”不认识，或与这一列不符"),
        _("单位弄错，数字就差许多倍。"),
        _("改成元、千元、万元、百万元、亿元之一，或这一列应有的单位"),
        "金额（百元）",
    )
)
MERGED = declare(
    FindingKind(
        "INT-045",
        Severity.NOTE,
        _("有 %(count)s 处跨行合并的单元格：文字算作每一行都有，数字只算在第一行"),
        _("合并的数字如果每行都算，合计会重复。"),
        _("无需修改；如果不对，请取消合并后逐行填写"),
        "单位名称跨三行合并",
    )
)
HIDDEN_COLUMNS = declare(
    FindingKind(
        "INT-046",
        Severity.NOTE,
        _("有 %(count)s 个隐藏列，对应得上的也会导入"),
        _("隐藏的列看不见，但内容在文件里。"),
        _("不要的列请删除"),
        "隐藏的备注列",
    )
)
EXAMPLE_SKIPPED = declare(
    FindingKind(
        "INT-047",
        Severity.NOTE,
        _("模板里的示例行没有作为数据导入"),
        _("它只说明怎么填。"),
        _("无需修改"),
        "填好的模板里留着示例行",
    )
)
