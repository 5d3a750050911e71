"""A sample of the generated mutations; `make prove` runs 2,000. The seed is told, and `YUNPU_SEED` sets it."""

import os
import random

import pytest

from yunpu.stages.intake.tests.reading.mutations import MUTATIONS, World, make_case, run_cases

COUNT = 60

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(settings, tmp_path):
    settings.FOLDER = tmp_path
    settings.ORIGINALS_FOLDER = tmp_path / "originals"
    return World()


def test_a_sample_of_mutations_gives_no_server_error_and_no_part(world, capsys):
    seed = int(os.environ.get("YUNPU_SEED") or random.SystemRandom().randrange(1 << 31))
    with capsys.disabled():  # told before they are tried: one that ends the process says nothing afterwards
        print(f"\n{COUNT} mutations of good files, seed {seed}")
    failed = run_cases(world, seed, range(COUNT))
    assert not failed, "\n".join(failed)
    assert world.counts["refused"] and sum(world.counts.values()) > COUNT * 0.8


def test_a_case_is_made_from_its_seed_and_number_alone():
    assert make_case(7, 3) == make_case(7, 3)
    assert make_case(7, 3) != make_case(8, 3)
    labels = {label for number in range(400) for label in make_case(7, number).label.split("+")}
    assert labels - {""} <= MUTATIONS.keys()
    assert len(labels) > len(MUTATIONS) * 0.9


def test_the_proof_itself_can_fail(world, monkeypatch):
    """A checker that leaves a file behind, and a loader that keeps a part, are both noticed."""
    from yunpu.reference.models import Enterprise
    from yunpu.stages.intake import operations
    from yunpu.trail.operations import preparing

    check = operations.check_load

    def leaves_a_file(load, **given):
        found = check(load, **given)
        (world.folders[0] / "part-1").write_text("x")
        return found

    monkeypatch.setattr(operations, "check_load", leaves_a_file)
    assert "stayed" in run_cases(world, 1, [1])[0]

    def keeps_a_part(load, **given):
        with preparing("test"):
            Enterprise.objects.create(credit_code="x", name="x")
        return check(load, **given)

    (world.folders[0] / "part-1").unlink()
    monkeypatch.setattr(operations, "check_load", keeps_a_part)
    assert "records differ" in run_cases(world, 1, [1])[0]
