"""The checks that put processors and memory under load: a fault fails, a tool that did not do its work is UNKNOWN."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.inventory import Memory
from metalctl.model.verdict import Verdict
from metalctl.node import golden, memtest
from metalctl.node.plugin.decorator import CheckInfo

MIB = 1 << 20
# What stress-ng 0.15 writes, and a kernel that counts a thousand ticks for each run of it.
STRESS = """
name=${{1#--}}
while [ $# -gt 0 ]; do [ "$1" = --yaml ] && file=$2; shift; done
cat > "$file" <<END
metrics:
    - stressor: $name
      bogo-ops: {ops}
      bogo-ops-per-second-real-time: 258.204908
      wall-clock-time: {seconds}
END
count=$(cat {stat}.n 2>/dev/null || echo 0); count=$((count + 1)); echo $count > {stat}.n
echo "cpu $((count * {busy})) 0 0 $((count * (1000 - {busy}))) 0 0 0 0 0 0" > {stat}
{more}
"""


def stress_ng(node: Any, *, ops: int = 517, seconds: float = 0.2, busy: int = 990, more: str = "") -> None:
    """A stress-ng that has these figures; busy: of a thousand ticks."""
    stat = node.file("proc/stat", "cpu 0 0 0 0 0 0 0 0 0 0\n")
    node.tool(
        "stress-ng", STRESS.format(ops=ops, seconds=seconds, busy=busy, stat=stat, more=more.replace("STAT", str(stat)))
    )


def strained(node: Any, **limits: Any) -> Any:
    return node.one("cpu-stress", limits={"runtime": 1.0, **limits})


def test_processors_that_computed_right_all_the_time_pass(node: Any) -> None:
    stress_ng(node)
    result = strained(node)
    assert result.verdict is Verdict.PASS, result.reason
    assert {m.name for m in result.measurements} >= {"busy", "cpu_rate", "hash_rate"}


def test_a_wrong_result_fails(node: Any) -> None:
    stress_ng(node, more="echo 'stress-ng: fail:  [77] matrix: product differs' >&2; exit 2")
    result = strained(node)
    assert (result.verdict, "product differs" in result.reason) == (Verdict.FAIL, True)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"more": "echo 'stress-ng: error: no workers' >&2", "ops": 0}, "did no work"),
        ({"seconds": 0.05}, "too little to judge by"),
        ({"more": "echo 'stress-ng: fail:  [77] cpu: terminated on signal: 9' >&2; exit 2"}, "ended with 2"),
        ({"more": "exit 3"}, "ended with 3"),
        ({"more": ': > "$file"'}, "did no work"),
        ({"more": "echo cpu many > STAT"}, "cannot be read"),
    ],
    ids=["no stressor", "cut short", "killed", "no resources", "no figures", "no clock"],
)
def test_a_load_that_was_not_seen_is_unknown(node: Any, fault: dict[str, Any], said: str) -> None:
    stress_ng(node, **fault)
    result = strained(node)
    assert (result.verdict, said in result.reason) == (Verdict.UNKNOWN, True), result.reason


def test_processors_that_stood_idle_beside_the_load_fail(node: Any) -> None:
    stress_ng(node, busy=400)
    result = strained(node)
    assert (result.verdict, "busy is" in result.reason) == (Verdict.FAIL, True)


def test_a_clock_that_is_asked_and_not_stated_is_unknown(node: Any) -> None:
    stress_ng(node)
    assert strained(node, min_frequency=2e9).verdict is Verdict.UNKNOWN


def test_a_package_that_slows_down_under_load_fails(node: Any) -> None:
    for cpu, clock in ((0, 3_000_000), (1, 800_000)):
        node.file(f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq", f"{clock}\n")
        node.file(f"sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id", f"{cpu}\n")
    stress_ng(node, more="sleep 1.2")
    result = strained(node, min_frequency=2e9)
    assert (result.verdict, "frequency_1" in result.reason) == (Verdict.FAIL, True), result.reason


SAT = """Stats: Starting SAT, {mib}M, 1 seconds
{error}
Stats: Completed: {copied}M in {seconds}s 757.40MB/s, with {incidents} hardware incidents, 0 errors

Status: {status}
"""


def stressapptest(
    node: Any, *, copied: float = 4000, seconds: float = 1.02, incidents: int = 0, error: str = "", code: int = 0
) -> None:
    status = (
        "PASS - please verify no corrected errors" if not (incidents or code) else "FAIL - test discovered HW problems"
    )
    text = SAT.format(mib=512, copied=copied, seconds=seconds, incidents=incidents, error=error, status=status)
    node.prints("stressapptest", text, code)
    node.tool("numactl", 'while [ "${1#--}" != "$1" ]; do shift; done; exec "$@"')
    for number in (0, 1):
        folder = f"sys/devices/system/node/node{number}"
        node.file(f"{folder}/meminfo", f"Node {number} MemFree:      {2 << 20} kB\n")
        node.file(f"{folder}/cpulist", "0-3,8\n")
    node.change(memory=Memory(total=4 << 30))


def filled(node: Any, **limits: Any) -> Any:
    return node.one("memory-stress", limits={"runtime": 1.0, **limits})


def test_memory_that_kept_what_was_written_passes(node: Any) -> None:
    stressapptest(node)
    result = filled(node)
    assert result.verdict is Verdict.PASS, result.reason
    assert {m.name for m in result.measurements} >= {"copy_rate_node0", "copy_rate_node1", "tested"}


def test_a_memory_error_fails_with_the_numa_node(node: Any) -> None:
    stressapptest(node, incidents=2, error="Report Error: miscompare : DIMM Unknown : 1 : 7s", code=1)
    result = filled(node)
    assert result.verdict is Verdict.FAIL
    assert "2 memory errors of NUMA node 0: miscompare" in result.reason


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"seconds": 0.3}, "ran 0.3 s"),
        ({"copied": 0.0}, "copied 0 B"),
        ({"code": 1}, "ended with 1"),
    ],
    ids=["ended early", "copied nothing", "procedural error"],
)
def test_memory_that_was_not_tested_is_unknown(node: Any, fault: dict[str, Any], said: str) -> None:
    stressapptest(node, **fault)
    result = filled(node)
    assert (result.verdict, said in result.reason) == (Verdict.UNKNOWN, True), result.reason


def test_memory_of_which_most_was_in_use_is_unknown(node: Any) -> None:
    stressapptest(node)
    node.change(memory=Memory(total=64 << 30))
    result = filled(node)
    assert (result.verdict, "of the memory was free" in result.reason) == (Verdict.UNKNOWN, True), result.reason


@pytest.mark.parametrize(("free", "size"), [(100 * MIB, 0), (512 * MIB, 256 * MIB), (10_000 * MIB, 9000 * MIB)])
def test_a_part_of_the_memory_is_left_to_the_system(free: int, size: int) -> None:
    assert memtest.usable(free) == size


def test_memory_of_a_node_without_processors_is_tested_by_the_others(tmp_path: Path) -> None:
    for number, cpus in ((0, "0-3"), (1, "")):
        folder = tmp_path / f"sys/devices/system/node/node{number}"
        folder.mkdir(parents=True)
        (folder / "meminfo").write_text(f"Node {number} MemFree:  {2 << 20} kB\n")
        (folder / "cpulist").write_text(f"{cpus}\n")
    assert [(s.node, s.threads) for s in memtest.shares(tmp_path)] == [(0, 4), (1, 4)]


def test_cores_that_agree_pass(node: Any) -> None:
    result = node.one("cpu-results", limits={"runtime": 0.1, "min_rounds": 1})
    assert result.verdict is Verdict.PASS, result.reason


def ring(monkeypatch: pytest.MonkeyPatch, cores: int) -> list[int]:
    """A machine of so many cores; the list's only entry is where one is now."""
    now = [0]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, to: now.__setitem__(0, min(to)))
    return now


def test_the_core_that_computes_wrong_now_and_then_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    now, rounds = ring(monkeypatch, 4), [0]

    def compute(data: bytes) -> bytes:
        rounds[0] += now[0] == 2
        return b"wrong" if now[0] == 2 and rounds[0] == 3 else data[:8]

    found = golden.compare(0.0, 4, {"sums": compute})
    assert [str(w) for w in found.wrong] == ["core 2 computes sums wrong (round 3)"]
    assert (found.cores, found.rounds) == (4, 4)


def test_two_cores_that_disagree_are_both_named(monkeypatch: pytest.MonkeyPatch) -> None:
    now = ring(monkeypatch, 2)
    found = golden.compare(0.0, 1, {"sums": lambda data: bytes(now)})
    assert [w.core for w in found.wrong] == [0, 1]


def test_every_real_computation_differs_by_its_data() -> None:
    for name, compute in golden.COMPUTATIONS.items():
        one, other = compute(golden._data(1)), compute(golden._data(2))
        assert one == compute(golden._data(1)), name
        assert one != other, name


def test_a_level_has_a_runtime_of_its_own_and_the_profile_another() -> None:
    info = CheckInfo("cpu", (), 60, limits={"runtime": {"quick": 60.0, "burn-in": 43200.0}, "least": 2})
    assert info.at("burn-in") == {"runtime": 43200.0, "least": 2}
    assert info.lasts("burn-in", {}) == 43200.0
    assert info.lasts("burn-in", {"runtime": 5.0}) == 5.0
    assert CheckInfo("cpu", (), 40, limits={"runtime": 60.0}).lasts("quick", {}) == 40


def test_a_profile_that_names_no_stressor_is_unknown(node: Any) -> None:
    stress_ng(node)
    assert strained(node, stressors=" ").verdict is Verdict.UNKNOWN


def test_the_stressors_of_the_profile_are_run_and_no_others(node: Any) -> None:
    stress_ng(node)
    assert {m.name for m in strained(node, runtime=0.2, stressors="hash").measurements} == {"hash_rate", "busy"}
