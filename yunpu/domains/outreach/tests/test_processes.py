"""The processes of outreach, by the inherited cases."""

from yunpu.domains.outreach.processes import PLAN
from yunpu.domains.outreach.tests.factories import make_activity
from yunpu.stages.records.tests.cases import ProcessCases


class TestPlan(ProcessCases):
    process = PLAN

    def make_record(self, unit):
        return make_activity(unit, place="礼堂", lecturer="某机构")
