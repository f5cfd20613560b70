"""Starting a run once and tailing its journal, against a node that is a folder."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from metalctl.engine.errors import RemoteError
from metalctl.engine.reach import runs
from metalctl.engine.reach.remote import Output
from metalctl.model.codec import encode
from metalctl.model.measurement import CheckResult
from metalctl.model.run import RUN_DIR, Entry, RunSpec
from metalctl.model.verdict import Verdict
from metalctl.store.evidence import RunRow

SPEC = RunSpec("r1", "n1", "burn-in", "quick", {})


class FakeRemote:
    """Files in a dict; remembers commands; `active` is what systemd says of the unit."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.commands: list[tuple[str, ...]] = []
        self.active = "active"
        self.cut = ""

    def run(self, *command: str, timeout: float = 60.0, stdin: str = "") -> Output:
        self.commands.append(command)
        if command[0] == self.cut:
            return Output(-1, "", "")
        if command[0] == "test":
            return Output(0 if command[-1] in self.files else 1, "", "")
        if command[0] == "systemctl":
            return Output(0, self.active + "\n", "")
        if command[0] == "touch":
            self.files[command[1]] = b""
        return Output(0, "", "")

    def check(self, *command: str, timeout: float = 60.0, stdin: str = "") -> str:
        return self.run(*command).out

    def put(self, path: str, data: bytes, mode: int = 0o600) -> None:
        self.files[path] = data

    def read_from(self, path: str, offset: int) -> bytes:
        return self.files.get(path, b"")[offset:]

    def started(self) -> int:
        return sum(c[0] == "systemd-run" for c in self.commands)


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Any:
    return FakeRemote()


def line(seq: int, event: str, **data: Any) -> bytes:
    return json.dumps(encode(Entry(seq, "2026-01-01T00:00:00Z", "b1", event, data))).encode() + b"\n"


def row() -> RunRow:
    return RunRow("r1", "e1", "burn-in", "quick", "b1")


JOURNAL = f"{RUN_DIR}/r1/journal.jsonl"
RESULT = encode(CheckResult("bond", Verdict.PASS))


def test_a_run_whose_journal_exists_is_not_started_again(node: Any) -> None:
    runs.start(node, "run", SPEC, ("abc", b"tar"))
    assert node.started() == 1
    node.files[JOURNAL] = line(0, "run-started")
    runs.start(node, "run", SPEC, ("abc", b"tar"))
    assert node.started() == 1


def test_the_tail_goes_on_where_it_left_off_and_leaves_half_a_line_for_later(node: Any) -> None:
    found = row()
    whole = line(0, "run-started") + line(1, "check-finished", result=RESULT)
    node.files[JOURNAL] = whole + b'{"seq": 2, "ti'
    runs.tail(node, found)
    assert (found.entries, found.offset, found.state) == (2, len(whole), "running")
    node.files[JOURNAL] = whole + line(2, "run-finished", verdict="PASS")
    runs.tail(node, found)
    assert (found.entries, found.state, [r.check for r in found.results]) == (3, "finished", ["bond"])


def test_a_run_whose_unit_is_gone_without_an_end_is_lost(node: Any) -> None:
    found = row()
    node.files[JOURNAL] = line(0, "run-started")
    runs.tail(node, found)
    assert found.state == "running"
    node.active = "inactive"
    runs.tail(node, found)
    assert found.state == "lost"


def journal_of(*entries: Entry) -> bytes:
    return b"".join(json.dumps(encode(entry)).encode() + b"\n" for entry in entries)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([Entry(0, "t", "b1", "run-started"), Entry(2, "t", "b1", "run-finished", {"verdict": "PASS"})], "2 stands"),
        ([Entry(0, "t", "b1", "run-finished", {"verdict": "PASS"}), Entry(0, "t", "b1", "run-started")], ""),
        ([Entry(1, "t", "b1", "run-finished", {"verdict": "PASS"})], "1 stands"),
        ([Entry(0, "t", "b1", "run-started"), Entry(1, "t", "b2", "run-finished", {"verdict": "PASS"})], "other boot"),
    ],
)
def test_a_line_that_says_passed_is_believed_only_in_a_whole_journal(
    entries: list[Entry], said: str, node: Any
) -> None:
    """What comes after the end is not read: the first case of an end is the run's."""
    found = row()
    node.files[JOURNAL] = journal_of(*entries)
    runs.tail(node, found)
    assert found.final is not None
    assert (found.final["event"] == "run-finished") is (said == "")
    assert said.replace("other boot", "another boot") in str(found.final.get("message", ""))


@pytest.mark.parametrize(
    "broken",
    [
        b"\x00\xff\n",
        b"\n",
        b"[]\n",
        b'{"seq": 1}\n',
        line(1, "check-finished"),
        line(1, "check-finished", result={"check": "bond"}),
        line(0, "run-started"),
    ],
    ids=["bytes", "empty", "list", "half", "no-result", "half-result", "repeated"],
)
def test_a_line_that_is_no_entry_ends_the_run_without_a_pass(broken: bytes, node: Any) -> None:
    found = row()
    node.files[JOURNAL] = line(0, "run-started") + broken + line(2, "run-finished", verdict="PASS")
    runs.tail(node, found)
    assert (found.state, found.results) == ("finished", [])
    assert found.final is not None
    assert (found.final["event"], "not whole" in found.final["message"]) == ("error", True)


@pytest.mark.truth("D3", "a read that a cut connection left empty is no answer that a run is gone")
@pytest.mark.parametrize("answer", ["cut", "", "failed"])
def test_a_run_is_not_lost_because_nobody_could_say_whether_it_runs(node: Any, answer: str) -> None:
    found = row()
    node.files[JOURNAL] = line(0, "run-started")
    runs.tail(node, found)
    node.active, node.cut = ("", "systemctl") if answer == "cut" else ("", "")
    if answer == "failed":
        node.run = lambda *_, **__: Output(1, "", "Failed to connect to bus: Connection refused")
    error: object = None
    try:
        runs.tail(node, found)
    except RemoteError as failed:
        error = failed
    assert (found.state, type(error)) == ("running", RemoteError)


@pytest.mark.truth("D3", "a read that a cut connection left empty is no answer that a file is missing")
def test_nothing_is_pushed_or_started_because_nobody_could_say_what_is_there(node: Any) -> None:
    node.cut = "test"
    with contextlib.suppress(RemoteError):
        runs.start(node, "run", SPEC, ("abc", b"tar"))
    assert not node.started()
    assert not node.files


def test_a_run_was_started_when_its_journal_is_there_or_its_unit_runs(node: Any) -> None:
    """The runner takes a moment to begin its journal: a service that died in it must not order the run again."""
    node.active = "inactive"
    assert not runs.started(node, "r1")
    node.active = "activating"
    assert runs.started(node, "r1")
    node.active, node.files[JOURNAL] = "inactive", line(0, "run-started")
    assert runs.started(node, "r1")
