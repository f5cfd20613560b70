"""What the benchmarks reckon: a figure that is wrong is worse than none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench import _base, _fleet, _rig, _services, _storm, _sweep, _waiting, _whole, fleet
from metalctl.lab.fleet import parse_fault
from metalctl.model.stage import Condition, Stage


@dataclass
class Ended:
    """As much of an enrollment as a summary reads."""

    stage: Stage
    condition: Condition
    updated: str
    created: str = "2026-01-01T00:00:00.000+00:00"
    problem: str = ""
    why: str = ""

    @property
    def ended(self) -> bool:
        return self.condition is Condition.FAILED or self.stage is Stage.HANDED_OVER


def at(seconds: float) -> str:
    return f"2026-01-01T00:{int(seconds // 60):02}:{seconds % 60:06.3f}+00:00"


GOOD = [Ended(Stage.HANDED_OVER, Condition.DONE, at(s)) for s in (100.0, 110.0, 120.0)]


def test_the_added_time_is_the_mean_of_those_that_passed_over_what_the_machine_takes() -> None:
    told = _whole.summary([*GOOD, Ended(Stage.MATCHED, Condition.FAILED, at(900), problem="cpu.cores · 8")], 100.0)
    assert told["added_time_ratio"] == pytest.approx(1.1)
    assert told["added_s"] == pytest.approx(10)
    assert told["enroll_4_failed"] == 1
    assert told["problems"] == {"cpu.cores · 8": 1}
    assert told["ends"] == {"handed-over done": 3, "matched failed": 1}


def test_a_node_that_came_to_no_end_counts_as_failed_and_no_passed_one_is_no_ratio() -> None:
    told = _whole.summary([Ended(Stage.BURNED_IN, Condition.WAITING, at(50), why="1 checks done")], 100.0)
    assert told["enroll_1_failed"] == 1
    assert told["problems"] == {"1 checks done": 1}
    assert told["added_time_ratio"] != told["added_time_ratio"]


def test_a_machine_runs_its_checks_twice() -> None:
    times = _whole.scaled(0.5)
    assert times["check"] == 1800
    assert _whole.own(times) == pytest.approx(0.5 * (180 + 90 + 240 + 300 + 2 * 3600))
    assert set(times) == set(_whole.TIMES) == set(_waiting.TIMES)


class FakeRack:
    def __init__(self, **installs: int) -> None:
        self._told = {"counts": {"boots": 2}, "states": {"off": 1}, "installs": installs}

    def machines(self) -> dict[str, Any]:
        return self._told


def test_installations_are_counted_by_how_often_over_all_racks() -> None:
    told = _whole.of_machines([FakeRack(a=1, b=2), FakeRack(c=1)])  # type: ignore[list-item]
    assert told["installs"] == {"1": 2, "2": 1}
    assert told["machines"] == {"boots": 4}


def test_a_storm_tells_lost_stuck_and_twice_apart() -> None:
    ends = {"ends": {"handed-over done": 95, "matched failed": 2, "burned-in waiting": 3}, "own_s": 1.0, "problems": {}}
    told = _storm.figures(ends, {"installs": {"1": 90, "2": 5}, "machines": {}}, 100)
    assert [told[k] for k in ("storm_lost", "storm_stuck", "storm_twice", "installed")] == [2, 3, 5, 95]


@pytest.mark.parametrize(("count", "rate"), [(100, 0.01), (1000, 0.0025)])
def test_a_storm_has_a_bmc_of_each_kind_at_least(count: int, rate: float) -> None:
    shares = [parse_fault(word) for word in _storm.faults(count)[1::2]]
    assert {share.rate for share in shares} == {rate}
    assert [round(share.rate * count) >= 1 for share in shares] == [True] * len(_storm.FAULTS)


def test_the_old_designs_rows_are_reckoned_for_72_hours() -> None:
    told = _base.reckoned(6000, 3000, 3.0)
    assert told["base_rows_72h"] == 129_600
    assert told["base_recover_72h_s"] == pytest.approx(64.8)


def test_without_the_old_commit_nothing_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_base, "COMMIT", "0000000")
    assert "not compared" in _base.measure(1)["base"]


def test_processor_time_and_memory_of_a_process_are_read_from_the_kernel() -> None:
    before = _fleet.seconds_of(os.getpid())
    sum(n * n for n in range(3_000_000))
    assert 0 < _fleet.seconds_of(os.getpid()) - before < 60


def test_waiting_for_what_does_not_come_is_no_number() -> None:
    assert _rig.until(lambda: True, 1) < 1
    never = _rig.until(lambda: False, 0.02, every=0.01)
    assert never != never


def test_four_boot_networks_do_not_overlap() -> None:
    import ipaddress

    sites = [_services.Site(n, Path("/x"), None) for n in range(_services.SERVICES)]  # type: ignore[arg-type]
    networks = [ipaddress.ip_network(site.network) for site in sites]
    assert not any(a.overlaps(b) for a in networks for b in networks if a is not b)
    for site, network in zip(sites, networks, strict=True):
        assert ipaddress.ip_address(_services.address(site.number)) in network


def test_a_run_that_failed_to_come_in_time_is_no_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    took = iter([10.0, float("nan")])
    monkeypatch.setattr(_sweep, "_batch", lambda *_, **__: {"seconds": next(took)})
    ratio = _sweep.blackholes(100)["blackhole_ratio"]
    assert ratio != ratio


def test_every_wanted_figure_is_one_that_some_part_prints() -> None:
    """By the words of the parts: a figure that was renamed must not vanish from the table in silence."""
    sources = "".join(file.read_text() for file in Path(fleet.__file__).parent.glob("*.py"))
    for figure in fleet.WANTED:
        stem = figure.replace("10000", "{count}").replace("1000", "{count}")
        known = (f'"{figure}"', f'"{stem}"', f'"{stem.replace("{count}", "{len(listed)}")}"')
        others = sources.replace(Path(fleet.__file__).read_text(), "")
        assert any(name in others for name in known) or figure == "ratio_vs_ironic", figure


def test_the_words_of_the_command_name_every_part() -> None:
    root = Path(fleet.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "bench.fleet", "--help"], capture_output=True, text=True, check=True, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    for part in fleet.PARTS:
        assert part in done.stdout
    assert json.dumps(sorted(fleet.ASKED_FOR)) == json.dumps(sorted({"services", "storm", "base"}))
