"""Real files that nobody here wrote, read with formats of the tests' own; each has an invented twin with its oddities."""

import datetime as dt
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest
import xlwt

from yunpu.kernel.findings import Severity
from yunpu.stages.intake.files import sniff
from yunpu.stages.intake.formats import Column, Format, Type
from yunpu.stages.intake.sheets import open_book
from yunpu.stages.intake.tests.reading.reading import check
from yunpu.stages.intake.tests.reading.writing import write_csv, write_xlsx

SHARED = Path(os.environ.get("YUNPU_SHARED", Path(__file__).resolve().parents[6] / "shared")) / "data"
needs_real = pytest.mark.skipif(
    not SHARED.exists(), reason="the real file is not part of the project: its twin runs instead"
)


def expected(folder):
    return json.loads((SHARED / folder / "expected.json").read_text("utf-8"))


def total(told, name):
    return sum(row[name] for row in told.rows if row[name] is not None)


def texts(told):
    """The findings but for the columns that the format does not want."""
    return [one.kind for one in told.findings if one.kind != "INT-032"]


# Printed budgets of counties: .xls, three rows of header, pages side by side, blocks one under the other

COMPARISON = Format(
    "test.comparison",
    "簡明比較",
    model="test.Line",
    columns=(
        Column("head", "項目", key=True),
        Column("this_fen", "本年度預算數/金額（新臺幣千元）", Type.MONEY, unit="千元"),
        Column("last_fen", "上年度預算數/金額（新臺幣千元）", Type.MONEY, unit="千元"),
        Column("before_fen", "前年度決算數/金額（新臺幣千元）", Type.MONEY, unit="千元"),
    ),
)
THOUSAND = 100_000  # fen


def write_cells(path, sheet, cells, merged=()):
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet(sheet, cell_overwrite_ok=True)
    for number, row in enumerate(cells):
        for column, value in enumerate(row):
            if value is not None:
                page.write(number, column, value)
    for top, down, left, right in merged:
        page.merge(top, down, left, right)
    book.save(str(path))
    return path


def comparison_twin(path):
    cells = [
        [None, None, None, "各市及縣(市)總", "預算彙編"],
        [None, None, None, "歲 入 歲 出 簡 明", "比 較 分 析 表"],
        [None, None, None, "中 華 民 國", "99 年 度", None, None, "單位：新臺幣千元"],
        [
            "    項        目",
            "本年度預算數",
            None,
            "上年度預算數",
            None,
            "前 年 度 決 算 數",
            None,
            "比較",
            None,
        ],
        [None, "金    額", "百分比", "金    額", "百分比", "金    額", "百分比", "金    額", "增加率"],
        ["一、歲入合計", 300, 100.0, 280, 100.0, 250, 100.0, 20, 7.142857],
        [" 1.稅課收入", 200.0, 66.66999, 190, 67.86, 180, 72.0, 10, 5.263157],
        [" 2.其他收入", 100.0, 33.33, 90, 32.14, 70, 28.0, 10, 11.111111],
        [],
        ["二、歲出合計", 310.0, 100.0, 300, 99.99999, 260, 100.0, 10, 3.333333],
        ["三、歲入歲出餘絀", -10.0, None, -20, None, -10, None, 10, None],
    ]
    return write_cells(path, "簡明總", cells, [(3, 3, 1, 2), (3, 4, 0, 0), (3, 3, 7, 8)])


def judge_comparison(told, income, spending, balance):
    header = told.checked.layout.header
    assert (header.first_row, header.last_row) == (4, 5)
    assert not [code for code in texts(told) if code != "INT-040"]
    amounts = {row["head"]: row["this_fen"] for row in told.rows}
    assert amounts["一、歲入合計"] == income * THOUSAND
    assert amounts["二、歲出合計"] == spending * THOUSAND
    assert amounts["三、歲入歲出餘絀"] == balance * THOUSAND
    parts = [
        row["this_fen"]
        for row in told.rows[1 : told.numbers.index(told.numbers[-1])]
        if "、" not in row["head"]
    ]
    assert sum(parts) in (income * THOUSAND, (income + spending) * THOUSAND)


def test_the_comparisons_twin(tmp_path):
    judge_comparison(check(comparison_twin(tmp_path / "a.xls"), COMPARISON), 300, 310, -10)


@needs_real
def test_the_comparison_of_a_real_year():
    path = next((SHARED / "taiwan-county-budgets").glob("100*簡明*.xls"))
    judge_comparison(check(path, COMPARISON), 940_699_068, 1_023_849_510, -83_150_442)


def functions(titles):
    """A format with a column for each function, named as the sheet names it."""
    amounts = [
        Column(f"function_{n}_fen", f"{title}（新臺幣千元）", Type.MONEY, unit="千元", aliases=(title,))
        for n, title in enumerate(titles, 1)
    ]
    return Format(
        "test.functions",
        "政事別",
        model="test.County",
        columns=(
            Column("county", "科目", key=True),
            Column("total_fen", "合計（新臺幣千元）", Type.MONEY, unit="千元", key=True),
            *amounts,
        ),
    )


def functions_twin(path):
    head = "    科    目"
    cells = [
        [None, "各市及縣(市)總預算", None, None, None, None, "各市及縣(市)", "總預算"],
        [None, "歲出政事別預算總表", None, None, None, None, "(續一)"],
        [None, "中華民國99年度", None, "單位：新臺幣千元", None, "中華民國", "99年度", "單位：新臺幣千元"],
        [head, None, "一般政\n務支出", "政權行\n使支出", head, "行政支出", "警政支出", "警政支出"],
        ["款", "    合    計", 1.0, None, "款", None, 2.0, None],
        ["項", None, None, 1.0, "項", 2.0, None, 1.0],
    ]
    for block, scale in (("(經資門併計)", 3), ("(經常門)", 2), ("(資本門)", 1)):
        rows = [("甲市", 10, 20, 30), ("乙縣", 1, 2, 3)]
        cells.append([block, None, None, None, block, None, None, None])
        sums = [scale * sum(row[i] for row in rows) for i in (1, 2, 3)]
        cells.append(printed("總  計", *sums))
        cells += [printed(name, *(scale * amount for amount in amounts)) for name, *amounts in rows]
    return write_cells(path, "政事別-經資", cells, [(1, 1, 1, 2)])


def printed(name, first, second, police):
    spaced = name.replace("計", " 計")
    return [name, first + second + police, first + second, first, spaced, second, police, police]


def read_functions(path, count):
    """By a person's mapping: the printed pages repeat the head, and two columns bear one name."""
    sheet = open_book(path, sniff(path)).sheets[0]
    head = sheet.head
    line = next(i for i, row in enumerate(head) if str(row[0]).strip() == "項")
    places = [i for i, value in enumerate(head[line]) if isinstance(value, int | float)]
    assert len(places) == count
    format = functions([str(head[line - 2][i]) for i in places])
    mapping = {"county": 0, "total_fen": 1} | {f"function_{n}_fen": at for n, at in enumerate(places, 1)}
    told = check(path, format, mapping=mapping)
    # Lines that are neither header nor data – the numbers of heads, the name of a block – are told, each at its place.
    lines = [
        number for number, row in enumerate(sheet.rows(), 1) if str(row[0]).strip()[:1] in ("款", "項", "(")
    ]
    assert set(lines) <= {one.place.row for one in told.findings}
    assert {one.place.row for one in told.findings if one.severity is Severity.ERROR} <= set(lines)
    third = len(told.rows) // 3
    assert len(told.rows) == 3 * third
    return [told.rows[i * third : (i + 1) * third] for i in range(3)]


def judge_functions(blocks, totals, count):
    names = [f"function_{n}_fen" for n in range(1, count + 1)]
    for block, amount in zip(blocks, totals, strict=True):
        assert sum(row["total_fen"] for row in block) == amount * THOUSAND
        assert all(row["total_fen"] == sum(row[name] for name in names) for row in block)
    for both, current, capital in zip(*blocks, strict=True):
        assert both["county"] == current["county"] == capital["county"]
        assert all(both[name] == current[name] + capital[name] for name in ["total_fen", *names])


def test_the_functions_twin(tmp_path):
    judge_functions(read_functions(functions_twin(tmp_path / "a.xls"), 3), (198, 132, 66), 3)


@needs_real
@pytest.mark.parametrize(
    ("year", "totals"),
    [
        (100, (1_023_849_510, 820_718_184, 203_131_326)),
        (101, (1_041_188_214, 856_384_491, 184_803_723)),
        (102, (1_026_198_748, 831_720_908, 194_477_840)),
    ],
)
def test_functions_of_22_counties(year, totals):
    path = next((SHARED / "taiwan-county-budgets").glob(f"{year}*政事別*.xls"))
    blocks = read_functions(path, 28)
    assert [len(block) for block in blocks] == [22] * 3
    judge_functions(blocks, totals, 28)


# Buildings and leases: .xlsx, typed cells, empty columns, text codes with zeros

BUILDINGS = Format(
    "test.buildings",
    "建筑",
    model="test.Building",
    columns=(
        Column("location", "Location Code", key=True),
        Column("name", "Real Property Asset Name"),
        Column("ownership", "Owned or Leased", Type.CODE, codes={"F": "自有", "L": "租赁"}),
        Column("area", "Building Rentable Square Feet", Type.DECIMAL),
        Column("available", "Available Square Feet", Type.DECIMAL, required=False),
        Column("built", "Construction Date", Type.INTEGER, required=False),
        Column("district", "Congressional District", length=4),
        Column("zip", "Zip Code"),
    ),
)
LEASES = Format(
    "test.leases",
    "租约",
    model="test.Lease",
    columns=(
        Column("number", "Lease Number", key=True),
        Column("name", "Real Property Asset Name", key=True),
        Column("effective_on", "Lease Effective Date", Type.DATE),
        Column("expires_on", "Lease Expiration Date", Type.DATE),
        Column("area", "Building Rentable Square Feet", Type.DECIMAL),
    ),
)


def test_the_buildings_twin(tmp_path):
    titles = [column.title for column in BUILDINGS.columns]
    rows = [
        titles,
        ["AL0001", "NA", "F", 1200.25, None, 2000, "0101", "35203"],
        ["AL0002", "SUN CENTER", "L", 0, None, None, "0102", "00601"],
        ["GU0003", "SUN CENTER", "L", 30, None, 1809, "9898", "96910"],
    ]
    told = check(write_xlsx(tmp_path / "a.xlsx", rows), BUILDINGS)
    assert not texts(told)
    assert total(told, "area") == Decimal("1230.25")
    assert told.column("available") == [None] * 3
    assert (told.column("zip")[1], told.column("district")[0]) == ("00601", "0101")


@needs_real
def test_buildings_of_a_country():
    told = check(SHARED / "assets-us" / "2025-6-20-iolp-buildings.xlsx", BUILDINGS)
    wanted = expected("assets-us")["buildings"]
    assert not texts(told)
    assert len(told.rows) == wanted["rows"]
    assert str(total(told, "area")) == wanted["rentable_sqft_sum"]
    for kind, area in wanted["rentable_sqft_by_ownership"].items():
        assert sum(row["area"] for row in told.rows if row["ownership"] == kind) == Decimal(area)
    assert set(told.column("available")) == {None}
    assert told.column("built").count(None) == wanted["construction_year_empty"]


@needs_real
def test_leases_with_their_days():
    told = check(SHARED / "assets-us" / "iolp-leases.xlsx", LEASES)
    wanted = expected("assets-us")["leases"]
    assert not texts(told)
    assert len(told.rows) == wanted["rows"]
    assert float(total(told, "area")) == wanted["naive_sqft"]
    days = told.column("effective_on")
    assert (min(days).isoformat(), max(days).isoformat()) == (wanted["min_eff"], wanted["max_eff"])
    expired = [day for day in told.column("expires_on") if day < dt.date(2025, 6, 20)]
    assert len(expired) == wanted["expired"]


# Retail sales: units in the header, a joined period as a text

RETAIL = Format(
    "test.retail",
    "零售",
    model="test.Retail",
    columns=(
        Column("period", "统计时间", key=True),
        Column("all_fen", "社会消费品零售总额", Type.MONEY),
        Column("growth", "社会消费品零售总额月度同比增长", Type.PERCENT),
        Column("large_fen", "限额以上企业消费品零售额", Type.MONEY),
        Column("large_growth", "限额以上企业消费品零售额月度同比增长", Type.PERCENT),
    ),
)
RETAIL_TITLES = [
    "统计时间",
    "社会消费品零售总额（亿元）",
    "社会消费品零售总额月度同比增长（%）",
    "限额以上企业消费品零售额（亿元）",
    "限额以上企业消费品零售额月度同比增长（%）",
]


def by_year(told, name):
    sums = {}
    for row in told.rows:
        sums[row["period"][:4]] = sums.get(row["period"][:4], 0) + row[name]
    return sums


def test_the_retail_twin(tmp_path):
    rows = [RETAIL_TITLES, ["2012年1-2月", 33.6, 14.7, 15.2, 0.9], ["2012年3月", 15.6, -0.2, 7.6, 16.9]]
    told = check(write_csv(tmp_path / "a.csv", rows), RETAIL)
    assert not texts(told)
    assert by_year(told, "all_fen") == {"2012": 4_920_000_000_00}
    assert told.column("growth") == [Decimal("14.7"), Decimal("-0.2")]


@needs_real
def test_retail_sales_of_five_years():
    told = check(SHARED / "retail-china" / "china_retail_2012-2016.csv", RETAIL)
    assert not texts(told)
    for year, (everything, large) in expected("retail-china")["year_totals"].items():
        assert by_year(told, "all_fen")[year] == Decimal(everything) * 10**10
        assert by_year(told, "large_fen")[year] == Decimal(large) * 10**10


# Wage claims: many files, binary tails, two shapes of days in one column, padded and broken names

CLAIMS = Format(
    "test.claims",
    "欠薪",
    model="test.Claim",
    columns=(
        Column("violation_uuid", "violation_uuid", key=True),
        Column("opened_on", "date_opened", Type.DATE, required=False),
        Column("claimed", "amount_claimed", Type.DECIMAL, required=False),
        Column("assessed", "amount_assessed", Type.DECIMAL, required=False),
        Column("paid", "amount_paid", Type.DECIMAL, required=False),
    ),
)
EMPLOYERS = Format(
    "test.employers",
    "用人单位",
    model="test.Employer",
    columns=(
        Column("violation_uuid", "violation_uuid", key=True),
        Column("name", "employer_name", required=False, max_length=60),
    ),
)


def test_the_claims_twin(tmp_path):
    titles = [
        "violation_uuid",
        "employer_name",
        "date_opened",
        "amount_claimed",
        "amount_assessed",
        "amount_paid",
    ]
    rows = [
        titles,
        ["a-1", "Some\u0092s  Firm" + " " * 400, "2018-07-11 00:00:00", "8404.130000000001", "0.0", ""],
        ["a-2", "  ", "2019-08-19", "", "12.5", "10.125"],
        ["a-3", "Two\nLines", "", "", "", ""],
    ]
    path = write_csv(tmp_path / "a.csv", rows)
    told = check(path, CLAIMS)
    assert texts(told) == ["INT-018", "INT-018"]  # once for each column
    assert (total(told, "claimed"), total(told, "assessed"), total(told, "paid")) == (
        Decimal("8404.13"),
        Decimal("12.5"),
        Decimal("10.13"),
    )
    assert told.column("assessed") == [Decimal("0.0"), Decimal("12.5"), None]
    assert told.column("opened_on")[:2] == [dt.date(2018, 7, 11), dt.date(2019, 8, 19)]
    names = check(path, EMPLOYERS)
    assert names.where("INT-015") == ["B2"]
    assert names.column("name") == [None, "Two Lines"]


@needs_real
@pytest.mark.parametrize(
    "state",
    [
        "colorado",
        "indiana",
        "iowa",
        "kentucky",
        "maine",
        "massachusetts",
        "minnesota",
        "nebraska",
        "rhode_island",
    ],
)
def test_claims_of_nine_states(state):
    path = SHARED / "wage-claims" / f"{state}.csv"
    told = check(path, CLAIMS)
    wanted = expected("wage-claims")["states"][state]
    assert set(texts(told)) <= {"INT-018"}
    assert len(told.rows) == wanted["rows"]
    for name in ("claimed", "assessed", "paid"):
        filled = [value for value in told.column(name) if value is not None]
        assert len(filled) == wanted[name]["filled"]
        assert sum(filled) == Decimal(wanted[name]["sum"])
    days = [day for day in told.column("opened_on") if day]
    assert len(days) == wanted["date_opened"]["filled"]
    assert set(texts(check(path, EMPLOYERS))) <= {"INT-010", "INT-015"}


# Elevators: units inside number cells

ELEVATORS = Format(
    "test.elevators",
    "电梯",
    model="test.Elevator",
    columns=(
        Column("number", "registration_number", key=True),
        Column("county", "county"),
        Column("expires_on", "certificate_expiration_date", Type.DATE),
        Column("capacity", "equipment_capacity", Type.DECIMAL, unit="lbs", required=False),
    ),
)


def test_the_elevators_twin(tmp_path):
    rows = [
        [column.title for column in ELEVATORS.columns],
        ["AA1", "Some", "2023-03-01", "1500"],
        ["AA2", "Some", "2022-09-01", "2500 Lbs"],
        ["AA3", "Some", "2022-09-01", "4500lb"],
        ["AA4", "Some", "2022-09-01", ""],
    ]
    told = check(write_csv(tmp_path / "a.csv", rows), ELEVATORS)
    assert told.where("INT-002") == ["D4"]
    assert total(told, "capacity") == 4000


@needs_real
def test_elevators_of_a_state():
    told = check(SHARED / "elevators-maryland" / "md_elevators.csv", ELEVATORS)
    wanted = expected("elevators-maryland")["maryland"]
    assert set(texts(told)) == {"INT-002"}
    bad = len(told.of("INT-002"))
    assert all("lb" in one.what().lower() and "lbs" not in one.what().lower() for one in told.of("INT-002"))
    assert len(told.rows) + bad == wanted["rows"]
    late = [row for row in told.rows if row["expires_on"] < dt.date(2022, 7, 28)]
    assert 0 <= 9_516 - len(late) <= bad


# Proposals: texts of many lines, NA as a text, traditional characters in the header

PROPOSALS = Format(
    "test.proposals",
    "提案",
    model="test.Proposal",
    columns=(
        Column("number", "ID", key=True),
        Column("result", "result"),
        Column("cost_fen", "cost", Type.MONEY),
        Column("deleted_fen", "deleted", Type.MONEY),
        Column("frozen_fen", "frozen", Type.MONEY),
        Column("words", "內容", max_length=32_000),
    ),
)


def test_the_proposals_twin(tmp_path):
    rows = [
        [column.title for column in PROPOSALS.columns],
        ["7", "保留 > 通過", "12836000", "0", "600000", "第一行\n第二行，\u3000約 16 億 4,291 萬"],
        ["75", "NA", "1", "2", "3", '他說"不"'],
    ]
    told = check(write_csv(tmp_path / "a.csv", rows), PROPOSALS)
    assert not texts(told)
    assert total(told, "frozen_fen") == 600_003_00
    assert told.column("result")[1] == "NA"


@needs_real
def test_proposals_of_a_year():
    told = check(SHARED / "budget-proposals-2025" / "temp_A.csv", PROPOSALS)
    wanted = expected("budget-proposals-2025")
    assert not texts(told)
    assert len(told.rows) == wanted["rows"]
    assert total(told, "cost_fen") == wanted["sum_cost"] * 100
    assert total(told, "deleted_fen") == wanted["sum_deleted"] * 100
    assert total(told, "frozen_fen") == wanted["sum_frozen"] * 100


# Budget authority: 48 columns of amounts named by years, negative amounts, codes with zeros

YEARS = ["1976", "TQ", *map(str, range(1977, 2023))]
AUTHORITY = Format(
    "test.authority",
    "预算授权",
    model="test.Authority",
    columns=(
        Column("agency", "Agency Code", key=True, length=3),
        Column("bureau", "Bureau Code", key=True, length=2),
        Column("account", "Account Code", required=False),
        Column("name", "Account Name", key=True),
        Column("subfunction", "Subfunction Code", key=True),
        Column("category", "BEA Category", key=True),
        *(
            Column(
                f"y{year}_fen",
                year,
                Type.MONEY,
                unit="千元",
                key=year in ("1978", "1988", "1995", "2014", "2022"),
            )
            for year in YEARS
        ),
    ),
)


def test_the_authoritys_twin(tmp_path):
    titles = [
        "Agency Code",
        "Bureau Code",
        "Account Code",
        "Account Name",
        "Subfunction Code",
        "BEA Category",
        *YEARS,
    ]
    rows = [
        titles,
        ["002", "00", "", "Receipts, Federal", "752", "Mandatory", "-2,147", "-581", *["0"] * 46],
        ["5", "0", "0100", "Salaries and Expenses", "752", "Mandatory", "1,000,000", *["12"] * 47],
    ]
    told = check(write_csv(tmp_path / "a.csv", rows), AUTHORITY)
    assert texts(told) == [
        "INT-019",
        "INT-019",
    ]  # 5 and 0 are told, as whoever wrote the file may have lost more than zeros
    assert total(told, "y1976_fen") == (1_000_000 - 2_147) * THOUSAND
    assert told.column("agency") == ["002", "005"]


@needs_real
def test_authority_of_47_years():
    told = check(SHARED / "us-budget-authority" / "budget_authority.csv", AUTHORITY)
    wanted = expected("us-budget-authority")
    assert not texts(told)
    assert len(told.rows) == wanted["rows"]
    for year, amount in wanted["years"].items():
        assert total(told, f"y{year}_fen") == amount * THOUSAND
