"""Stored results held to other limits."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.profile import Profile
from metalctl.model.replay import replay
from metalctl.model.verdict import Verdict


def profile(**checks: Any) -> Profile:
    return Profile("p", "compute", checks={name.replace("_", "-"): limits for name, limits in checks.items()})


OLD = profile(wal_fsync={"min_iops": 10_000.0, "max_p99": 0.002}, other={})
GOOD = CheckResult(
    "wal-fsync",
    Verdict.PASS,
    "nvme S1",
    measurements=(
        Measurement("write_iops", 15_000, "IO/s", at_least=10_000.0),
        Measurement("write_p99", 0.001, "s", at_most=0.002),
        Measurement("write_p50", 0.0001, "s"),
    ),
    started="2026-01-02",
)


def verdicts(results: list[CheckResult], new: Profile, old: Profile = OLD) -> dict[str, str]:
    return {f.requirement: str(f.verdict) for f in replay(results, old, new)}


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"min_iops": 12_000.0, "max_p99": 0.002}, {"min_iops": "PASS", "max_p99": "PASS"}),
        ({"min_iops": 20_000.0, "max_p99": 0.002}, {"min_iops": "FAIL", "max_p99": "PASS"}),
        ({"min_iops": 10_000.0, "max_p99": 0.0005}, {"min_iops": "PASS", "max_p99": "FAIL"}),
        ({"min_iops": 9000.0, "max_p50": 0.1}, {"min_iops": "PASS", "max_p50": "UNKNOWN"}),
    ],
)
def test_a_measurement_is_held_to_the_other_limit(limits: dict[str, float], expected: dict[str, str]) -> None:
    assert verdicts([GOOD], profile(wal_fsync=limits)) == {f"check.wal-fsync.{k}": v for k, v in expected.items()}


def test_a_check_that_was_never_run_is_unknown() -> None:
    assert verdicts([], profile(wal_fsync={})) == {"check.wal-fsync": "UNKNOWN"}


def test_the_same_limits_give_the_stored_verdict() -> None:
    failed = CheckResult("wal-fsync", Verdict.FAIL, reason="too slow")
    assert verdicts([failed], profile(wal_fsync=OLD.checks["wal-fsync"])) == {"check.wal-fsync": "FAIL"}


def test_a_failure_without_a_measurement_stays_a_failure() -> None:
    """No limit of ours makes good what the check itself found wrong."""
    failed = CheckResult("wal-fsync", Verdict.FAIL, reason="fio: I/O error", measurements=GOOD.measurements)
    assert verdicts([failed], profile(wal_fsync={"min_iops": 1.0})) == {"check.wal-fsync": "FAIL"}


def test_a_failed_measurement_whose_limit_is_not_known_is_unknown() -> None:
    slow = Measurement("read_iops", 5, "IO/s", at_least=77.0)
    failed = CheckResult("wal-fsync", Verdict.FAIL, measurements=(*GOOD.measurements, slow))
    found = verdicts([failed], profile(wal_fsync={"min_iops": 1.0, "max_p99": 1.0}))
    assert found["check.wal-fsync"] == "UNKNOWN"


def test_unknown_stays_unknown_and_a_skip_a_skip() -> None:
    for verdict in (Verdict.UNKNOWN, Verdict.SKIP):
        result = CheckResult("wal-fsync", verdict, reason="fio is missing", measurements=GOOD.measurements)
        assert verdicts([result], profile(wal_fsync={"min_iops": 1.0})) == {"check.wal-fsync": str(verdict)}


def test_two_measurements_of_one_limit_are_told_apart_by_name_or_not_at_all() -> None:
    old = profile(disk_fio={"min_read_iops": 10.0, "min_write_iops": 10.0})
    both = (Measurement("read_iops", 50, at_least=10.0), Measurement("write_iops", 5000, at_least=10.0))
    result = CheckResult("disk-fio", Verdict.PASS, measurements=both)
    new = profile(disk_fio={"min_read_iops": 100.0, "min_write_iops": 100.0})
    expected = {"check.disk-fio.min_read_iops": "FAIL", "check.disk-fio.min_write_iops": "PASS"}
    assert verdicts([result], new, old) == expected
    nameless = CheckResult(
        "disk-fio", Verdict.PASS, measurements=tuple(Measurement("x", 50, at_least=10.0) for _ in "ab")
    )
    assert set(verdicts([nameless], new, old).values()) == {"UNKNOWN"}


def test_the_newest_result_of_a_part_counts() -> None:
    older = CheckResult("wal-fsync", Verdict.FAIL, "nvme S1", reason="then", started="2026-01-01")
    assert verdicts([GOOD, older], profile(wal_fsync=OLD.checks["wal-fsync"])) == {"check.wal-fsync": "PASS"}


def test_a_measurement_that_is_no_number_is_unknown() -> None:
    nan = CheckResult("wal-fsync", Verdict.PASS, measurements=(Measurement("iops", float("nan"), at_least=10_000.0),))
    assert verdicts([nan], profile(wal_fsync={"min_iops": 5.0})) == {"check.wal-fsync.min_iops": "UNKNOWN"}


def test_a_profile_that_was_changed_after_the_run_vouches_for_nothing() -> None:
    """The file says 20k today and said 10k then: the stored PASS is not of 20k."""
    today = profile(wal_fsync={"min_iops": 20_000.0, "max_p99": 0.002})
    found = {f.requirement: str(f.verdict) for f in replay([GOOD], today, today, changed=True)}
    assert found == {"check.wal-fsync.min_iops": "UNKNOWN", "check.wal-fsync.max_p99": "PASS"}
    assert {f.verdict for f in replay([GOOD], today, today)} == {Verdict.PASS}, "unchanged, the stored verdict counts"


def test_a_limit_without_a_measurement_is_not_known_to_be_the_same_after_a_change() -> None:
    plain = CheckResult("wal-fsync", Verdict.PASS)
    limits = profile(wal_fsync={"min_iops": 10_000.0})
    assert [f.verdict for f in replay([plain], limits, limits, changed=True)] == [Verdict.UNKNOWN]


@pytest.mark.parametrize(
    ("old", "new"),
    [({"runtime": 60.0}, {"runtime": 3600.0}), ({}, {"runtime": 3600.0}), ({"mtu": 1500.0, "min_iops": 1.0}, {})],
)
def test_a_check_that_would_run_otherwise_is_unknown(old: dict[str, float], new: dict[str, float]) -> None:
    (found,) = replay([GOOD], profile(wal_fsync=old), profile(wal_fsync=new))
    assert found.verdict is Verdict.UNKNOWN
    assert "it would run with another" in found.remedy


def test_how_a_check_ran_is_not_known_after_a_change() -> None:
    same = profile(wal_fsync={"runtime": 60.0})
    assert [f.verdict for f in replay([GOOD], same, same, changed=True)] == [Verdict.UNKNOWN]
