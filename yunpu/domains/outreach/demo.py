"""How the demo district's spreadsheets of outreach are made: invented enterprises, no person, real messiness.

The records are chosen so that the bulletin's wording comes out of them: 97 enterprises at the online training
(近100), 512 hand-outs (500余), six roadshow years in a row after a gap, 108 enterprises (100余) with 196
representatives (近200) at the roadshow of 2020.
"""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import xlsxwriter

from yunpu.kernel.codes import credit_code_with_check

SEED = 2020
UNIT = "YP-KGJ"  # the bureau that hands the lists in
_FIRST = ("赣云", "洪谱", "青禾", "象湖", "梅岭", "朝阳", "瑶湖", "安石", "恒丰", "远航", "新锐", "华擎")
_SECOND = ("智能", "精密", "生物", "软件", "新材料", "环保", "电子", "食品", "检测", "物流")
_THIRD = ("科技有限公司", "股份有限公司", "制造有限公司")


def list_enterprises() -> list[tuple[str, str, str, str]]:
    """Invented enterprises: credit code, name, region code, industry."""
    names = [f"{a}{b}{c}" for a in _FIRST for b in _SECOND for c in _THIRD]
    random.Random(SEED).shuffle(names)  # noqa: S311 - a shuffle of invented names
    found = []
    for number, name in enumerate(names[:160]):
        code = credit_code_with_check(f"91360199MA{number + 35_000:07}")
        found.append((code, name, "360199", next(part for part in _SECOND if part in name)))
    return found


def write_spreadsheets(folder: Path) -> list[tuple[str, Path]]:
    """Write the spreadsheets of outreach; give format code and path, in the order in which they must be loaded."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        ("reference.enterprises", _write_enterprises(folder / "企业名录.xlsx")),
        ("outreach.series", _write_series(folder / "系列活动.xlsx")),
        ("outreach.activities", _write_activities(folder / "活动台账2012-2020.xlsx")),
        ("outreach.attendance", _write_attendance(folder / "参加名单2020.xlsx")),
        ("outreach.attendance", _write_earlier_attendance(folder / "参加名单2019.xlsx")),
        ("outreach.handouts", _write_handouts(folder / "发放资料2020.xlsx")),
        ("outreach.feedback", _write_feedback(folder / "反馈表2020.xlsx")),
        ("outreach.campaigns", _write_campaigns(folder / "群宣传台账2020.xlsx")),
    ]


class _Sheet:
    """A spreadsheet as offices make it: a merged title, a line about who filled it, a header, rows, totals, notes."""

    def __init__(self, path: Path, title: str, header: list[str], about: str = "填报单位：区科工局") -> None:
        # A fixed time of creation, so that the same demo has the same digests every time.
        self.book = xlsxwriter.Workbook(str(path))
        self.book.set_properties({"created": dt.datetime(2020, 12, 18, 9, 0)})  # noqa: DTZ001
        self.sheet = self.book.add_worksheet("Sheet1")
        self.date = self.book.add_format({"num_format": "yyyy-mm-dd"})
        heading = self.book.add_format({"bold": True, "font_size": 16, "align": "center"})
        bold = self.book.add_format({"bold": True, "border": 1})
        self.sheet.merge_range(0, 0, 0, max(1, len(header) - 1), title, heading)
        self.sheet.write(1, 0, about)
        self.sheet.write_row(2, 0, header, bold)
        self.sheet.set_column(0, len(header), 20)
        self.row, self.path = 3, path

    def add(self, *values: object) -> None:
        for column, value in enumerate(values):
            if isinstance(value, dt.date):
                self.sheet.write_datetime(self.row, column, value, self.date)
            elif value is not None:
                self.sheet.write(self.row, column, value)
        self.row += 1

    def close(self) -> Path:
        self.book.close()
        return self.path


def _write_enterprises(path: Path) -> Path:
    sheet = _Sheet(
        path,
        "云谱区企业名录（演示，企业均为虚构）",
        ["序号", "统一社会信用代码", "企业名称", "所在地", "行业"],
    )
    for number, (code, name, region, industry) in enumerate(list_enterprises(), 1):
        sheet.add(number, code, name, region, industry)
    return sheet.close()


def _write_series(path: Path) -> Path:
    sheet = _Sheet(path, "系列活动登记表", ["系列编号", "系列名称"])
    sheet.add("ZYQ", "“走园区、进厂区”宣讲")
    sheet.add("KJZ", "科技活动周")
    return sheet.close()


def list_activities() -> list[tuple[str, str, str, str | None, dt.date, str]]:
    """Activities: code, name, kind, series, day, place. The roadshow of 2012 stands before a gap of two years."""
    found: list[tuple[str, str, str, str | None, dt.date, str]] = []
    for year in (2012, 2015, 2016, 2017, 2018, 2019, 2020):
        for stop in range(1, 5 if year == 2020 else 3):
            day = dt.date(year, 5 + stop, 10 + stop)
            name = f"{year}年“走园区、进厂区”宣讲第{stop}场"
            found.append(
                (f"XJ{year}-{stop:02}", name, "宣讲", "ZYQ", day, f"{'集聚区' if stop % 2 else '象湖片区'}")
            )
    for lesson in range(1, 4):
        day = dt.date(2020, 3, 4 + 7 * lesson)
        found.append((f"PX2020-{lesson:02}", f"高企申报网上课堂第{lesson}讲", "网上培训", None, day, "线上"))
    found.append(
        ("KJZ2020-01", "科技活动周启动仪式", "科技活动周", "KJZ", dt.date(2020, 8, 24), "区文化广场")
    )
    found.append(("KJZ2020-02", "科技活动周进社区", "科技活动周", "KJZ", dt.date(2020, 8, 27), "社区中心"))
    found.append(("XC2020-01", "研发费用归集现场培训", "现场培训", None, dt.date(2020, 10, 15), "区行政中心"))
    return found


def _write_activities(path: Path) -> Path:
    sheet = _Sheet(
        path, "宣讲培训活动台账", ["活动编号", "活动主题", "活动类型", "系列编号", "举办日期", "地点"]
    )
    for index, (code, name, kind, series, day, place) in enumerate(list_activities()):
        # Offices write dates in every way there is.
        written = (
            day,
            f"{day.year}年{day.month}月{day.day}日",
            day.strftime("%Y.%m.%d"),
            day.strftime("%Y%m%d"),
        )[index % 4]
        sheet.add(code, name, kind, series, written, place)
    sheet.add("注：类型按区科工局统一口径填写。")
    return sheet.close()


def list_attendance() -> list[tuple[str, str, int]]:
    """Who came in 2020: activity, credit code, seat."""
    codes = [code for code, *_rest in list_enterprises()]
    found: list[tuple[str, str, int]] = []
    # Online training: 97 enterprises, of which 40 come to two lessons.
    for index, code in enumerate(codes[:97]):
        found.append((f"PX2020-{index % 3 + 1:02}", code, 1))
        if index < 40:
            found.append((f"PX2020-{(index + 1) % 3 + 1:02}", code, 1))
    # Roadshow: 108 enterprises, 196 representatives, 20 enterprises come to two stops.
    roadshow = codes[30:138]
    for index, code in enumerate(roadshow):
        found.append((f"XJ2020-{index % 4 + 1:02}", code, 1))
    for index, code in enumerate(roadshow[:68]):
        found.append((f"XJ2020-{index % 4 + 1:02}", code, 2))
    for index, code in enumerate(roadshow[68:88]):
        found.append((f"XJ2020-{(index + 69) % 4 + 1:02}", code, 1))
    for index, code in enumerate(codes[100:125]):
        found.append(("XC2020-01", code, index % 2 + 1))
    return found


def _write_attendance(path: Path) -> Path:
    names = {code: name for code, name, *_rest in list_enterprises()}
    sheet = _Sheet(path, "2020年度参加名单", ["活动编号", "统一社会信用代码", "企业名称", "代表序号", "职务"])
    for number, (activity, code, seat) in enumerate(list_attendance()):
        sheet.add(activity, code, names[code], seat, ("负责人", "财务负责人", "研发负责人")[number % 3])
    sheet.add("说明：每名代表一行，不收集姓名和电话。")
    return sheet.close()


def _write_earlier_attendance(path: Path) -> Path:
    codes = [code for code, *_rest in list_enterprises()]
    sheet = _Sheet(path, "2019年度参加名单", ["活动编号", "统一社会信用代码", "代表序号", "职务"])
    for index, code in enumerate(codes[20:104]):
        sheet.add(f"XJ2019-{index % 2 + 1:02}", code, 1, "负责人")
        if index < 60:
            sheet.add(f"XJ2019-{index % 2 + 1:02}", code, 2, "研发负责人")
    return sheet.close()


def _write_handouts(path: Path) -> Path:
    sheet = _Sheet(path, "科技活动周发放资料登记表", ["活动编号", "资料名称", "发放份数（份）"])
    rows = [
        ("KJZ2020-01", "科技政策汇编", 180),
        ("KJZ2020-01", "科普知识手册", 210),
        ("KJZ2020-02", "科普知识手册", 122),
        ("XC2020-01", "研发费用归集指南", 60),
    ]
    for row in rows:
        sheet.add(*row)
    sheet.add("合计", None, sum(quantity for _code, _title, quantity in rows))
    return sheet.close()


def _write_feedback(path: Path) -> Path:
    draw = random.Random(SEED)  # noqa: S311 - invented scores
    sheet = _Sheet(path, "宣讲反馈表汇总", ["活动编号", "反馈序号", "评分", "意见"])
    words = ("讲得清楚", "希望多讲案例", "", "时间短了些")
    for stop in range(1, 5):
        for number in range(1, 21):
            sheet.add(f"XJ2020-{stop:02}", number, draw.choice((3, 4, 4, 5, 5)), draw.choice(words) or None)
    return sheet.close()


def _write_campaigns(path: Path) -> Path:
    sheet = _Sheet(
        path, "群宣传台账", ["宣传编号", "宣传内容", "渠道", "群名称", "发布日期", "触达人数（人）"]
    )
    for number in range(1, 25):
        day = dt.date(2020, (number - 1) // 2 + 1, 5 + number % 20)
        channel, group = (("微信群", "集聚区企业群"), ("QQ群", "科技型中小企业群"))[number % 2]
        sheet.add(f"QXC2020-{number:03}", f"惠企政策第{number}期", channel, group, day, 180 + 7 * number)
    return sheet.close()
