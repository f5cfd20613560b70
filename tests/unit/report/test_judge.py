"""What makes a node accepted, failed or undecided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from metalctl.model.dossier import Dossier, Run
from metalctl.model.finding import Finding, Waiver
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.stage import Condition
from metalctl.model.verdict import Verdict
from metalctl.report import judge

Sample = Callable[[str], Dossier]
WAIVER = Waiver("check.x", "me", "because", "2026-05-01")


@pytest.mark.parametrize(
    ("name", "state", "blockers"),
    [
        ("accepted", "accepted", 0),
        ("waived", "accepted-with-waivers", 0),
        ("failed", "failed", 2),
        ("undecided", "undecided", 1),
    ],
)
def test_state_and_number_of_blockers(sample: Sample, name: str, state: str, blockers: int) -> None:
    found = judge(sample(name))
    assert (found.state, len(found.blockers)) == (state, blockers)


def test_a_pass_on_a_second_run_counts_and_the_first_stays_visible(sample: Sample) -> None:
    found = judge(sample("accepted"))
    old = [c for c in found.checks if c.superseded]
    assert [(c.result.check, c.verdict) for c in old] == [("nvme-randread", Verdict.FAIL)]
    assert found.counts["FAIL"] == 0


def test_a_fail_after_a_pass_blocks(sample: Sample) -> None:
    dossier = sample("accepted")
    again = Run("later", "accept", "quick", "", (CheckResult("kvm-guest", Verdict.FAIL),), "2026-03-02T11:00:00Z")
    assert judge(replace(dossier, runs=(again, *dossier.runs))).state == "failed"


def burn_in(run_id: str, part: str, verdict: Verdict, check: str = "x") -> Run:
    return Run(run_id, "burn-in", "", "", (CheckResult(check, verdict, part),), f"2026-03-0{run_id}T00:00:00Z")


def disk_of(dossier: Dossier) -> str:
    assert dossier.in_band is not None
    return dossier.in_band.disks[0].serial


def test_a_disk_that_was_replaced_does_not_count_against_the_machine(sample: Sample) -> None:
    dossier = sample("controller")
    first = burn_in("1", "nvme serial GONE (nvme0n1)", Verdict.FAIL)
    again = burn_in("2", f"nvme serial {disk_of(dossier)} (nvme0n1)", Verdict.PASS)
    found = judge(replace(dossier, runs=(first, again)))
    assert [(c.superseded, c.blocks) for c in found.checks] == [(True, False), (False, False)]


def test_a_disk_that_is_still_there_counts_although_another_one_passed_later(sample: Sample) -> None:
    dossier = sample("controller")
    first = burn_in("1", f"nvme serial {disk_of(dossier)} (nvme0n1)", Verdict.FAIL)
    again = burn_in("2", "nvme serial OTHER (nvme1n1)", Verdict.PASS)
    assert judge(replace(dossier, runs=(first, again))).state == "failed"


def test_one_disk_under_two_kernel_names_is_one_part(sample: Sample) -> None:
    dossier = sample("controller")
    serial = disk_of(dossier)
    runs = [burn_in(str(n), f"nvme serial {serial} (nvme{n}n1)", v) for n, v in ((1, Verdict.FAIL), (2, Verdict.PASS))]
    assert [c.superseded for c in judge(replace(dossier, runs=tuple(runs))).checks] == [True, False]


def test_a_gone_disk_counts_until_a_later_run_had_that_check(sample: Sample) -> None:
    first = burn_in("1", "nvme serial GONE (nvme0n1)", Verdict.FAIL)
    again = burn_in("2", "nvme serial NEW (nvme0n1)", Verdict.PASS, check="y")
    assert judge(replace(sample("controller"), runs=(first, again))).state == "failed"


def test_a_pass_with_a_value_beyond_its_limit_is_no_pass(sample: Sample) -> None:
    dossier = sample("accepted")
    lie = CheckResult("x", Verdict.PASS, measurements=(Measurement("m", 1.0, at_least=2.0),))
    nan = CheckResult("x", Verdict.PASS, measurements=(Measurement("m", float("nan"), at_least=2.0),))
    for result, state in ((lie, "failed"), (nan, "undecided")):
        assert judge(replace(dossier, runs=(Run("r", "accept", "", "", (result,)),))).state == state


@pytest.mark.parametrize(("day", "state"), [("2026-05-01", "accepted-with-waivers"), ("2026-05-02", "failed")])
def test_a_waiver_holds_to_the_end_of_its_day(sample: Sample, day: str, state: str) -> None:
    waived = Finding("check.x", Verdict.FAIL, remedy="do", waiver=WAIVER)
    dossier = replace(sample("controller"), findings=(waived,))
    assert judge(dossier, date.fromisoformat(day)).state == state


def test_a_waiver_without_a_readable_end_waives_nothing(sample: Sample) -> None:
    waived = Finding("check.x", Verdict.FAIL, remedy="do", waiver=replace(WAIVER, until="soon"))
    assert judge(replace(sample("controller"), findings=(waived,))).state == "failed"


def test_a_waiver_of_one_part_does_not_cover_another(sample: Sample) -> None:
    waived = Finding("check.x.iops", Verdict.FAIL, part="disk A", remedy="do", waiver=WAIVER)
    runs = tuple(Run(p, "accept", "", "", (CheckResult("x", Verdict.FAIL, p),)) for p in ("disk A", "disk B"))
    found = judge(replace(sample("controller"), findings=(waived,), runs=runs), date(2026, 4, 1))
    assert [c.result.part for c in found.checks if c.blocks] == ["disk B"]


def test_a_waived_fail_does_not_cover_an_unknown(sample: Sample) -> None:
    waived = Finding("check.x", Verdict.FAIL, remedy="do", waiver=WAIVER)
    runs = (Run("r", "accept", "", "", (CheckResult("x", Verdict.UNKNOWN),)),)
    found = judge(replace(sample("controller"), findings=(waived,), runs=runs), date(2026, 4, 1))
    assert found.state == "undecided"


def test_a_failed_stage_without_findings_is_failed(sample: Sample) -> None:
    assert judge(replace(sample("accepted"), condition=Condition.FAILED)).state == "failed"


def test_not_tried_names_stages_skips_and_unreadable_facts(sample: Sample) -> None:
    text = "\n".join(judge(sample("undecided")).not_tried)
    assert "stage installed: not reached" in text
    assert "cabling.plan: no plan was given" in text
    assert "out-of-band disks: could not be read (HTTP 500" in text
