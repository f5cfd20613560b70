"""The journal numbers its entries, and is never begun twice."""

import json
from pathlib import Path

import pytest

from metalctl.model.measurement import CheckResult
from metalctl.model.verdict import Verdict
from metalctl.node.errors import JournalExists
from metalctl.node.journal import Journal
from tests.unit.node.journals import entries


def test_entries_are_numbered_from_zero_without_gaps(tmp_path: Path) -> None:
    with Journal(tmp_path / "run" / "journal.jsonl", "boot-1") as journal:
        for what in ("a", "b", "c"):
            journal.append("note", what=what)
    written = entries(tmp_path / "run" / "journal.jsonl")
    assert [(e.seq, e.boot_id, e.data["what"]) for e in written] == [
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


def test_results_of_checks_are_written_as_json_values(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path, "b") as journal:
        journal.append("check-finished", result=CheckResult(check="memory", verdict=Verdict.UNKNOWN, reason="r"))
    assert json.loads(path.read_text())["data"]["result"]["verdict"] == "UNKNOWN"
