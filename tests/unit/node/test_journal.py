"""The journal survives being read while it is written, and is never begun twice."""

import json
from pathlib import Path

import pytest

from metalctl.model.measurement import CheckResult
from metalctl.model.verdict import Verdict
from metalctl.node.errors import JournalDamaged, JournalExists
from metalctl.node.journal import Journal, read


def test_entries_are_numbered_from_zero_without_gaps(tmp_path: Path) -> None:
    with Journal(tmp_path / "run" / "journal.jsonl", "boot-1") as journal:
        for what in ("a", "b", "c"):
            journal.append("note", what=what)
    entries, _ = read(tmp_path / "run" / "journal.jsonl")
    assert [(e.seq, e.boot_id, e.data["what"]) for e in entries] == [
        (0, "boot-1", "a"),
        (1, "boot-1", "b"),
        (2, "boot-1", "c"),
    ]


def test_a_run_that_was_started_before_is_refused_and_its_journal_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path, "b") as journal:
        journal.append("run-started")
    before = path.read_bytes()
    with pytest.raises(JournalExists):
        Journal(path, "b")
    assert path.read_bytes() == before


def test_a_half_written_last_line_is_read_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path, "b") as journal:
        journal.append("note", text="Tür")
        journal.append("note", text="two")
    whole = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        first, offset = read(path)
        path.write_bytes(whole)
        rest, end = read(path, offset)
        assert [e.seq for e in first + rest] == [0, 1]
        assert end == len(whole)


def test_results_of_checks_are_written_as_json_values(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path, "b") as journal:
        journal.append("check-finished", result=CheckResult(check="memory", verdict=Verdict.UNKNOWN, reason="r"))
    assert json.loads(path.read_text())["data"]["result"]["verdict"] == "UNKNOWN"


def test_a_journal_that_does_not_exist_yet_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path / "none", 0) == ([], 0)


def test_a_damaged_line_is_an_error_and_not_skipped(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"seq": 0, "time"\n')
    with pytest.raises(JournalDamaged):
        read(path)
