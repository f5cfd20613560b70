"""Where a measurement stands among its cohort, on the page."""

from __future__ import annotations

from metalctl.model.cohort import Cohort, Key, Mark, Place, Sense, Spread, Standing
from metalctl.model.dossier import Run
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.verdict import Verdict
from metalctl.report.strip import Strip, Strips

RUN = Run("r", "burn-in", "quick", "b", ())
MEASURED = Measurement("read_iops", 50.0, "IO/s")


def cohort(values: list[float], mark: Mark = Mark.OUTLIER, absolute: str = "", part: str = "nvme S0") -> Cohort:
    """Equal parts of nodes n0, n1, …; the first has the mark."""
    places = [Place(v, 3, Mark.WITHIN if i else mark, v / 100 - 1, 0.0) for i, v in enumerate(values)]
    standings = tuple(Standing(f"n{i}", part if not i else f"nvme S{i}", p) for i, p in enumerate(places))
    key = Key("nvme-randread.read_iops", "IO/s", "burn-in", "quick", ())
    return Cohort(key, Sense.HIGH, Spread(len(values), 100.0, 0.0, 0.005, 0.015, 0.015, absolute), standings)


def strip(found: Cohort, part: str = "nvme S0", measured: Measurement = MEASURED, node: str = "n0") -> Strip | None:
    return Strips([found], node).of(RUN, CheckResult("nvme-randread", Verdict.PASS, part), measured)


def test_the_part_and_the_median_are_where_their_values_are() -> None:
    found = strip(cohort([50.0, 100.0, 100.0, 100.0, 110.0]))
    assert found is not None
    assert (found.own, round(found.median, 2), found.css) == (3.0, 81.33, "fail")
    assert found.others == (3.0, 81.33, 97.0)
    assert found.text == "-50.0 % of median 100 IO/s, 5 parts, outlier"


def test_equal_values_stand_in_the_middle() -> None:
    found = strip(cohort([100.0] * 5, Mark.WITHIN))
    assert found is not None
    assert (found.own, found.median, found.others, found.css) == (50.0, 50.0, (50.0,), "pass")


def test_what_cannot_be_told_does_not_look_passed() -> None:
    found = strip(cohort([50.0] + [100.0] * 5, Mark.AGAIN))
    assert found is not None
    assert found.css == "unknown"
    assert "measure again" in found.text


def test_no_strip_where_the_cohort_was_not_compared_or_the_measurement_is_another() -> None:
    good = cohort([50.0] + [100.0] * 5)
    assert strip(cohort([50.0] * 4, absolute="4 in the cohort")) is None
    assert strip(good, part="nvme S1") is None
    assert strip(good, node="n1") is None
    assert strip(good, measured=Measurement("read_iops", 50.0, "B/s")) is None


def test_a_large_cohort_stays_a_small_picture() -> None:
    found = strip(cohort([50.0, *map(float, range(100, 5100))]))
    assert found is not None
    assert len(found.others) <= 202
    assert (min(found.others), max(found.others)) == (3.0, 97.0)
