"""The table of kinds is made of what the marked tests did on the old code, and says how each was red."""

from __future__ import annotations

import pytest

from tests.truth import page
from tests.truth.outcome import LONGEST, Seen, gather, how, line


@pytest.mark.parametrize(
    ("error", "kind"),
    [("AssertionError: assert 'PASS' == 'UNKNOWN'", "assertion"),
     ("Failed: DID NOT RAISE <class 'metalctl.errors.Refused'>", "assertion"),
     ("ImportError: cannot import name 'x' from 'metalctl.y'", "absent"),
     ("ModuleNotFoundError: No module named 'metalctl.z'", "absent"),
     ("AttributeError: 'Memory' object has no attribute 'arrays'", "absent"),
     ("TypeError: match() got an unexpected keyword argument 'strict'", "absent"),
     ("AssertionError: Error: No such option: --full\nassert 2 == 0", "absent"),
     ("it was never run: something broke", "absent"),
     ("KeyError: 'Id'", "error"),
     ("metalctl.bmc.errors.Unreachable: no answer", "error")],
)  # fmt: skip
def test_how_a_test_was_red_is_told_from_its_error(error: str, kind: str) -> None:
    assert how(error) == kind


def test_the_first_line_is_without_what_differs_from_run_to_run() -> None:
    told = "/tmp/metalctl-truth-x1/old/metalctl/a.py at 0x7f1234567890, 127.1.2.3:4567, [::1]:50123, 0.31 s"
    assert line(f"\nAssertionError: {told}\nmore") == "AssertionError: metalctl/a.py at 0x…, 127.…, [::1]:…, … s"
    assert line("AssertionError: /tmp/pytest-of-root/pytest-3/x0/journal: gone") == "AssertionError: /tmp/…: gone"
    assert len(line("x" * 500)) == LONGEST


def record(test: str, outcome: str, error: str = "", *marks: list[str], when: str = "call") -> dict[str, object]:
    return {"test": test, "when": when, "outcome": outcome, "error": error, "marks": marks or [["A1", "kind"]]}


def test_of_a_case_the_worst_phase_counts_and_cases_are_of_one_test() -> None:
    found = gather([
        record("t.py::test_x[1]", "passed"), record("t.py::test_x[1]", "failed", "AssertionError: a"),
        record("t.py::test_x[1]", "passed"), record("t.py::test_x[2]", "passed"),
        record("t.py::test_x[2]", "passed", "", ["B3", "more"]), {"file": "u.py", "error": "ImportError: v"},
    ])  # fmt: skip
    (test,) = found.values()
    assert (test.name, test.marks) == ("t.py::test_x", {("A1", "kind"), ("B3", "more")})
    assert test.reds() == [("assertion", "AssertionError: a")]
    assert (test.count("passed"), test.count("failed")) == (1, 1)


def test_a_case_that_never_ended_was_red() -> None:
    (test,) = gather([record("t.py::test_x", "passed", when="setup")]).values()
    assert test.reds() == [("error", "the process died")]
    (test,) = gather([record("t.py::test_x", "passed", when="setup"), record("t.py::test_x", "passed")]).values()
    assert test.reds() == []


def made() -> dict[str, Seen]:
    return gather([
        record("tests/t.py::test_b", "failed", "AssertionError: a | b `c`", ["A10", "a kind | of `two`"]),
        record("tests/t.py::test_a[x]", "failed", "ImportError: y", ["A2", "k"]),
        record("tests/t.py::test_a[z]", "passed", "", ["A2", "k"]),
        record("tests/t.py::test_green", "passed", "", ["A2", "k"]),
    ])  # fmt: skip


def test_the_page_says_of_each_how_it_was_red() -> None:
    text = page.render(made(), "0123456")
    rows = [row for row in text.splitlines() if row.startswith("| A")]
    assert rows == [
        "| A2 | k | `tests/t.py::test_a` | did not exist (1 of 2 cases): `ImportError: y` |",
        "| A2 | k | `tests/t.py::test_green` | **not red** |",
        "| A10 | a kind \\| of 'two' | `tests/t.py::test_b` | assertion: `AssertionError: a \\| b 'c'` |",
    ]
    assert "3 tests hold 2 kinds: 1 red by an assertion, 1 because it did not exist, 0 by an error, 1 not red." in text


def test_a_test_that_the_page_lacks_or_that_is_gone_is_named() -> None:
    rows = page.listed(page.render(made(), "0123456"))
    assert list(page.missing(made().values(), rows)) == []
    other = gather([record("tests/t.py::test_new", "collected", "", ["A2", "k"])])
    told = list(page.missing([*made().values(), *other.values()], rows - {("A2", "k", "tests/t.py::test_green")}))
    assert told == ["not on the page: A2 tests/t.py::test_green", "not on the page: A2 tests/t.py::test_new"]
    changed = made()
    changed["tests/t.py::test_green"].marks = {("A2", "another kind")}
    assert [told.split(":")[0] for told in page.missing(changed.values(), rows)] == [
        "not on the page", "on the page, and no longer marked so",
    ]  # fmt: skip
