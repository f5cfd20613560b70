"""The page of kinds lists the tests that are marked now: no more, no fewer, with the kinds that they state."""

from __future__ import annotations

from pathlib import Path

from tests.truth import page, trees
from tests.truth.outcome import gather


def test_the_page_is_of_the_tests_that_are_marked_now(tmp_path: Path) -> None:
    records, told = trees.run(trees.ROOT, tmp_path / "now", "--collect-only", "-p", "no:xdist", "tests")
    found = gather(records)
    assert found, told
    rows = page.listed((trees.ROOT / page.PAGE).read_text(encoding="utf-8"))
    assert list(page.missing(found.values(), rows)) == [], "make it anew: ./dev truth"


def test_the_page_has_no_test_that_was_green_on_the_old_code() -> None:
    assert "**not red** |" not in (trees.ROOT / page.PAGE).read_text(encoding="utf-8")
