"""What profiles ask of error counters: the shipped ones, a lab's, and mistakes with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalctl.content import profiles
from metalctl.model.codec import encode
from metalctl.model.profile import Profile

TRUE = {"edac", "ghes", "rasdaemon", "sel"}
BASE = "role: compute\nextends: compute\nerrors:\n"


@pytest.mark.truth("B3", "a shipped profile asks that memory errors can be read from a true source")
@pytest.mark.parametrize("name", ["compute", "controller", "storage"])
def test_every_shipped_profile_asks_for_a_true_source_of_memory_errors(name: str) -> None:
    asked = encode(profiles.load(name)).get("errors") or {"sources": {}}
    memory = asked["sources"].get("memory", {})
    assert memory
    assert set(memory["any"]) | set(memory["all"]) <= TRUE
    assert asked["limits"]["memory-uncorrected"] == {"before": 0, "rise": 0}


@pytest.mark.parametrize("name", ["lab/compute", "lab/controller", "lab/storage"])
def test_a_lab_asks_only_what_emulation_can_tell(name: str) -> None:
    errors = profiles.load(name).errors
    assert errors is not None
    assert set(errors.sources) == {"network"}


def load(tmp_path: Path, text: str) -> Profile:
    (tmp_path / "mine.yaml").write_text(text)
    return profiles.load(tmp_path / "mine.yaml")


def test_a_site_asks_for_more_sources_and_other_limits(tmp_path: Path) -> None:
    text = "  sources: {memory: {any: edac, all: [kernel-log, sel]}}\n  limits: {memory-corrected: {before: 2}}\n"
    errors = load(tmp_path, f"{BASE}{text}  history: 90 d\n").errors
    assert errors is not None
    assert (errors.sources["memory"].any, errors.sources["memory"].all) == (("edac",), ("kernel-log", "sel"))
    assert (errors.limits["memory-corrected"].before, errors.limits["memory-corrected"].rise) == (2, 0)
    assert (errors.history, errors.sources["network"].all) == (90 * 86400, ("ports",))


def test_a_profile_that_says_nothing_leaves_it_to_the_runner(tmp_path: Path) -> None:
    text = "role: compute\nrequires: {disks: [{role: os}]}\n"
    assert load(tmp_path, text).errors is None


MISTAKES = {
    "the kernel's log alone sees no memory error": (
        "  sources: {memory: {any: [kernel-log]}}", 4, "expected edac or ghes or rasdaemon or sel"),
    "a thing without errors": ("  sources: {fans: {any: [sel]}}", 4, 'no key is called "fans"'),
    "a kind without a limit": ("  limits: {memory-burnt: {before: 1}}", 4, 'no key is called "memory-burnt"'),
    "fewer than none": ("  limits: {memory-corrected: {before: -1}}", 4, "expected a number of errors"),
    "a limit of half an error": ("  limits: {memory-corrected: {rise: 0.5}}", 4, "expected a number of errors"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "number", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_its_line(tmp_path: Path, line: str, number: int, said: str) -> None:
    (tmp_path / "mine.yaml").write_text(f"{BASE}{line}\n")
    (problem,) = profiles.check(tmp_path / "mine.yaml")
    assert problem.line == number
    assert said in problem.message
