import pytest

from yunpu.stages.indicators.definitions import Count, Sum
from yunpu.stages.indicators.formulas import formula
from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable, Kind

TABLE = FrozenTable(
    name="test.funds",
    title="资金",
    model="test.Fund",
    columns=(
        FrozenColumn("code", Kind.TEXT, "编码"),
        FrozenColumn("kind", Kind.TEXT, "状态"),
        FrozenColumn("approved_on", Kind.DATE, "批准日"),
        FrozenColumn("amount_fen", Kind.FEN, "收回金额"),
    ),
    key=("code",),
)
START = 'SELECT * FROM "test.funds" WHERE '


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("((\"kind\" = '已批准'))", "状态 ＝ 已批准"),
        (
            "((\"approved_on\" >= '2020-01-01'::DATE) AND (\"approved_on\" <= '2020-12-31'::DATE)) AND (\"kind\" != 'x')",
            "批准日在 2020-01-01 至 2020-12-31，状态 ≠ x",
        ),
        ("contains(['a', 'b'], \"kind\")", "状态为 a、b 之一"),
        ('(NOT ("kind" IS NULL))', "状态不为空"),
        ('"kind" IS NULL', "状态为空"),
        ("NOT (\"kind\" = 'x')", "不是（状态 ＝ x）"),
        ('"kind" = \'x\' OR "year"("approved_on") = 2020', "（状态 ＝ x 或 批准日的年份 ＝ 2020）"),
        ("\"kind\" = '某' AND upper(\"kind\") = 'X'", '状态 ＝ 某，upper("kind") ＝ X'),
    ],
)
def test_conditions_are_worded(condition, said):
    assert formula(START + condition, Count(), TABLE) == f"计行数，其中 {said}"


def test_all_rows_and_a_measure_of_a_column():
    assert formula('SELECT * FROM "test.funds"', Sum("amount_fen"), TABLE) == "合计（收回金额）"


def test_joins_stand_as_they_are_written():
    sql = 'SELECT lhs.* FROM "test.funds" AS lhs SEMI JOIN "test.other" AS rhs ON (lhs.code = rhs.code)'
    assert formula(sql, Count(), TABLE) == f"计行数，其中 {sql}"
