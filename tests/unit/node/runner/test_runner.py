"""The runner leaves no check unmentioned, and what it cannot tell is UNKNOWN. Each test runs the real one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.run import Entry
from metalctl.model.verdict import Verdict
from tests.unit.node.conftest import LIMITS
from tests.unit.waiting import ended, until


@pytest.mark.parametrize(
    ("body", "verdict", "reason"),
    [
        ("pass", "PASS", ""),
        ("assert 1 == 2, 'one is not two'", "FAIL", "one is not two"),
        ("raise HardwareFault('the disk died')", "FAIL", "the disk died"),
        ("pytest.fail('so it is')", "FAIL", "so it is"),
        ("pytest.skip('no such port')", "SKIP", "no such port"),
        ("pytest.skip('')", "UNKNOWN", "without a reason"),
        ("raise KeyError('speed')", "UNKNOWN", "KeyError"),
        ("tool.run(['no-such-tool'], 5)", "UNKNOWN", "no-such-tool is not installed"),
        ("tool.run(['sleep', '60'], 0.2)", "UNKNOWN", "did not end within"),
        ("__import__('email.header').header.Header.append(None, b'x', 'nonsense')", "UNKNOWN", "the check broke"),
        ("import sys; sys.exit(0)", "UNKNOWN", "SystemExit"),
    ],
)
def test_how_a_check_ends_decides_its_verdict(node: Any, written: Any, body: str, verdict: str, reason: str) -> None:
    written("thing", body)
    result = node.one("thing")
    assert result.verdict == verdict
    assert reason in result.reason
    assert bool(result.remedy) == (verdict in ("FAIL", "UNKNOWN"))


@pytest.mark.truth("B7", "an infinite number was not measured, and passes nobody")
def test_an_infinite_measurement_is_unknown(node: Any, written: Any) -> None:
    written("thing", "measure('a', float('inf'), at_least=9)", "measure")
    assert node.one("thing").verdict is Verdict.UNKNOWN


@pytest.mark.truth("B7", "a check that held nothing to its limits passes nobody")
@pytest.mark.parametrize("body", ["pass", "measure('a', 5)"])
def test_a_check_that_was_given_a_limit_and_held_nothing_to_it_is_unknown(node: Any, written: Any, body: str) -> None:
    written("thing", body, "measure, limits", "limits={'min_a': REQUIRED}")
    result = node.one("thing", limits={"min_a": 3.0})
    assert (result.verdict, result.reason) == (Verdict.UNKNOWN, "the check compared nothing with its limits")


def test_an_assertion_in_a_library_is_not_a_fault_of_the_hardware(node: Any, written: Any) -> None:
    library = node.room / "library"
    library.mkdir()
    (library / "careless.py").write_text("def read():\n    assert False, 'bug in here'\n")
    written("thing", f"import sys; sys.path.insert(0, {str(library)!r}); import careless; careless.read()")
    assert node.one("thing").verdict is Verdict.UNKNOWN


def test_all_measurements_are_taken_and_the_failing_one_is_named_with_its_limit(node: Any, written: Any) -> None:
    written("thing", "measure('a', 5, unit='IO/s', at_least=9); measure('b', 1, at_most=2)", "measure")
    result = node.one("thing")
    assert result.verdict is Verdict.FAIL
    assert result.reason == "a is 5 IO/s, wanted at least 9 IO/s"
    assert [m.name for m in result.measurements] == ["a", "b"]


def test_a_measurement_that_is_not_a_number_is_unknown(node: Any, written: Any) -> None:
    written("thing", "measure('a', float('nan'), at_least=9)", "measure")
    assert node.one("thing").verdict is Verdict.UNKNOWN


def test_a_failing_measurement_stays_a_fail_when_the_tool_breaks_afterwards(node: Any, written: Any) -> None:
    written("thing", "measure('a', 1, at_least=9); raise OSError('tool')", "measure")
    assert node.one("thing").verdict is Verdict.FAIL


def test_a_tool_that_a_check_needs_and_lacks_is_named_with_its_package(node: Any, written: Any) -> None:
    written("thing", "pass", more="needs=('smartctl',)")
    result = node.one("thing")
    assert result.verdict is Verdict.UNKNOWN
    assert "smartctl" in result.reason
    assert result.remedy == "apt-get install smartmontools"


def test_a_misspelt_limit_is_unknown_and_not_left_out(node: Any, written: Any) -> None:
    written("thing", "measure('a', 1, at_least=limits.min_iops)", "limits, measure", "limits={'min_iops': None}")
    result = node.one("thing", limits={"min_iop": 100.0})
    assert result.verdict is Verdict.UNKNOWN
    assert "min_iop" in result.reason
    assert "min_iops" in result.remedy


def test_a_required_limit_that_the_profile_lacks_is_unknown(node: Any, written: Any) -> None:
    written("thing", "pass", "limits", "limits={'min_iops': REQUIRED}")
    result = node.one("thing")
    assert (result.verdict, result.reason) == (Verdict.UNKNOWN, "the profile gives thing no min_iops")


def test_a_limit_of_the_wrong_kind_is_unknown(node: Any, written: Any) -> None:
    written("thing", "pass", "limits", "limits={'min_iops': None}")
    assert node.one("thing", limits={"min_iops": "fast"}).verdict is Verdict.UNKNOWN


def test_a_check_that_hangs_is_ended_with_its_tool_and_the_next_one_runs(node: Any, written: Any) -> None:
    written("after", "pass")
    pid = node.room / "pid"
    pid.write_text("")
    for seconds in LIMITS:
        body = f"tool.run(['sh', '-c', 'echo $$ > {pid}; sleep 300'], 900)"
        written("hangs", body, more=f"timeout={seconds}")
        results = {r.check: r for r in node.run("hangs", "after", run_id=f"r{seconds}")}
        if pid.read_text():
            break
    assert results["hangs"].verdict is Verdict.UNKNOWN
    assert results["hangs"].reason == f"the check did not end within {seconds} s"
    assert results["after"].verdict is Verdict.PASS
    until(lambda: ended(pid.read_text().strip()))


def test_a_check_that_nobody_wrote_is_unknown(node: Any) -> None:
    result = node.one("nosuch")
    assert (result.verdict, result.reason) == (Verdict.UNKNOWN, "no check is called nosuch")
    assert node.code == 3


def test_a_check_file_that_cannot_be_loaded_is_unknown_and_the_others_run(node: Any, written: Any) -> None:
    written("good", "pass")
    (node.checks / "bad.py").write_text("def test_bad(:\n")
    results = {r.check: r for r in node.run("bad", "good")}
    assert results["bad"].verdict is Verdict.UNKNOWN
    assert "cannot be loaded" in results["bad"].reason
    assert results["good"].verdict is Verdict.PASS


def test_a_file_without_a_check_in_it_is_unknown(node: Any, written: Any) -> None:
    (node.checks / "empty.py").write_text("x = 1\n")
    assert node.one("empty").verdict is Verdict.UNKNOWN


def test_a_test_without_the_decorator_is_unknown(node: Any, written: Any) -> None:
    (node.checks / "plain.py").write_text("def test_plain():\n    pass\n")
    assert node.one("plain").verdict is Verdict.UNKNOWN


def test_the_same_run_id_is_not_started_twice(node: Any, written: Any) -> None:
    written("thing", "pass")
    node.run("thing")
    before = node.entries
    node.run("thing")
    assert node.code == 2
    assert "was started before" in node.stderr
    assert node.entries == before


def test_a_run_for_another_boot_is_an_error_and_runs_nothing(node: Any, written: Any) -> None:
    written("thing", "pass")
    assert node.run("thing", boot_id="some-older-boot") == []
    assert [e.event for e in node.entries] == ["error"]
    assert "booted again" in node.entries[0].data["message"]


def test_a_crash_of_the_runner_itself_is_an_error_entry(node: Any, written: Any) -> None:
    written("thing", "pass")
    node.environment["METALCTL_INVENTORY"] = "/nowhere/inventory.json"
    node.run("thing")
    last: Entry = node.entries[-1]
    assert last.event == "error"
    assert last.data["kind"] == "FileNotFoundError"
    assert node.code not in (0, 1)


def test_a_spec_that_cannot_be_read_is_a_usage_error(node: Any) -> None:
    node.run("x", level=7)
    assert node.code == 2
    assert "level" in node.stderr


def test_the_journal_ends_with_the_combined_verdict(node: Any, written: Any) -> None:
    written("good", "pass")
    written("bad", "assert False, 'no'")
    node.run("good", "bad")
    assert node.entries[0].event == "run-started"
    assert node.entries[-1].event == "run-finished"
    assert node.entries[-1].data["verdict"] == "FAIL"
    assert [e.seq for e in node.entries] == list(range(len(node.entries)))
    assert node.code == 1


def test_a_runner_that_is_told_to_end_says_so(node: Any, written: Any) -> None:
    written("slow", "tool.run(['sleep', '300'], 900)")
    node.file("proc/sys/kernel/random/boot_id", "b\n")
    spec = {"run_id": "r1", "node": "n", "kind": "burn-in", "level": "quick", "checks": {"slow": {}, "then": {}}}
    (node.room / "spec.json").write_text(json.dumps(spec))
    (node.room / "inventory.json").write_text('{"source": "in-band", "identity": {}}')
    argv = [sys.executable, "-m", "metalctl.node", "run", str(node.room / "spec.json")]
    process = subprocess.Popen(argv, env=node._env(), stderr=subprocess.PIPE)
    journal = node.room / "runs" / "r1" / "journal.jsonl"
    until(lambda: journal.exists() and "check-started" in journal.read_text())
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=120)
    last = json.loads(journal.read_text().splitlines()[-1])
    assert last["event"] == "error"
    assert process.returncode == 3


def test_by_hand_results_are_printed_with_limits_as_people_write_them(node: Any, written: Any) -> None:
    written(
        "thing", "measure('read', 1e6, unit='B/s', at_least=limits.floor)", "limits, measure", "limits={'floor': None}"
    )
    node.run("thing")
    argv = [
        sys.executable,
        "-m",
        "metalctl.node",
        "run",
        "--local",
        "--check",
        "thing",
        "--limit",
        "thing.floor=2 MB/s",
    ]
    done = subprocess.run(argv, env=node._env(), capture_output=True, text=True, timeout=60)
    assert "FAIL    thing" in done.stdout
    assert "read is 976.6 KiB/s, wanted at least 1.907 MiB/s" in done.stdout
    assert done.returncode == 1


def test_a_bundle_that_lacks_a_library_still_leaves_a_journal_that_says_so(node: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "pytest.py").write_text("raise ModuleNotFoundError(\"No module named 'py'\")\n")
    node.file("proc/sys/kernel/random/boot_id", "b\n")
    spec = {"run_id": "r1", "node": "n", "kind": "burn-in", "level": "quick", "checks": {}}
    (node.room / "spec.json").write_text(json.dumps(spec))
    environment = {**node._env(), "PYTHONPATH": f"{broken}:{node._env()['PYTHONPATH']}"}
    argv = [sys.executable, "-m", "metalctl.node", "run", str(node.room / "spec.json")]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60)
    last = json.loads((node.room / "runs/r1/journal.jsonl").read_text().splitlines()[-1])
    assert (last["event"], last["data"]["message"]) == ("error", "No module named 'py'")
    assert done.returncode == 3
