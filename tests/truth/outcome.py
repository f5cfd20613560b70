"""What became of one marked test: green, red by its assertion or for want of what it asks for, or in error."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

ASSERTION = ("AssertionError", "Failed")
ABSENT_TYPES = ("ImportError", "ModuleNotFoundError", "NameError", "fixture")
ABSENT = re.compile(
    r"^it was never run|ImportError|ModuleNotFoundError|has no attribute"
    r"|unexpected keyword argument|positional arguments? but"
    r"|[Nn]o such option|[Nn]o such command|No module named|cannot import name|fixture '.*' not found"
    r"|No such file or directory"
)
SCRUBBED = (
    (re.compile(r"/\S*/(?:old|today)/(?=\w)"), ""),
    (re.compile(r"/tmp/[^\s'\",:)\]]+"), "/tmp/…"),
    (re.compile(r"\b0x[0-9a-f]{6,}"), "0x…"),
    (re.compile(r"(?<=')[\w-]{40,}(?=')"), "…"),
    (re.compile(r"\b127(?:\.\d{1,3}){3}(?::\d+)?"), "127.…"),
    (re.compile(r"(?<=[\w\]]):\d{4,5}\b"), ":…"),
    (re.compile(r"\bpid \d+"), "pid …"),
    (re.compile(r"\b\d+\.\d+ ?s\b"), "… s"),
)
LONGEST = 160


@dataclass
class Seen:
    """A test function. marks: (item, kind). cases: outcome and error of each of its parametrisations."""

    name: str
    marks: set[tuple[str, str]] = field(default_factory=set)
    cases: dict[str, tuple[str, str]] = field(default_factory=dict)

    def count(self, outcome: str) -> int:
        """How many cases ended so: passed, failed, skipped, collected."""
        return sum(found == outcome for found, _ in self.cases.values())

    def reds(self) -> list[tuple[str, str]]:
        """(how, first line) of its red cases; those by an assertion first."""
        found = [(how(error), line(error)) for _, (outcome, error) in sorted(self.cases.items()) if outcome == "failed"]
        return sorted(found, key=lambda red: ("assertion", "error", "absent").index(red[0]))


def gather(records: Iterable[dict[str, Any]]) -> dict[str, Seen]:
    """The tests by the name of their function; of a case's phases the worst counts. One that never ended has failed."""
    found: dict[str, Seen] = {}
    phases = [one for one in records if "test" in one]
    ended = {one["test"] for one in phases if one["when"] != "setup" or one["outcome"] == "skipped"}
    died = [one | {"outcome": "failed", "error": "the process died"} for one in phases if one["test"] not in ended]
    for one in [*phases, *died]:
        name = one["test"].partition("[")[0]
        test = found.setdefault(name, Seen(name))
        test.marks |= {(mark[0], mark[1]) for mark in one["marks"]}
        before = test.cases.get(one["test"], ("passed", ""))
        if before[0] == "passed":
            test.cases[one["test"]] = (one["outcome"], one["error"])
    return found


def how(error: str) -> str:
    """assertion, absent (what it asks for did not exist then) or error, of what Python said."""
    kind = error.partition(":")[0].rpartition(".")[2]
    if kind in ABSENT_TYPES or ABSENT.search(error):
        return "absent"
    return "assertion" if kind in ASSERTION else "error"


def line(error: str) -> str:
    """The first line, without what differs from run to run."""
    text = next((part.strip() for part in error.splitlines() if part.strip()), "")
    for pattern, instead in SCRUBBED:
        text = pattern.sub(instead, text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
