"""The manual's pages are what click says now."""

from __future__ import annotations

from pathlib import Path

from metalctl.cli import _docs

FOLDER = Path(__file__).parents[3] / "docs" / "commands"


def test_no_page_of_a_command_is_stale() -> None:
    assert _docs.stale(FOLDER) == [], "run: python -m metalctl.cli._docs"


def test_a_changed_a_missing_and_a_left_over_page_are_told(tmp_path: Path) -> None:
    _docs.write(tmp_path)
    assert _docs.main(["--check", str(tmp_path)]) == 0
    (tmp_path / "profile.md").write_text("changed")
    (tmp_path / "check.md").unlink()
    (tmp_path / "gone.md").write_text("")
    assert _docs.stale(tmp_path) == ["check.md", "gone.md", "profile.md"]
    assert _docs.main(["--check", str(tmp_path)]) == 1
    _docs.write(tmp_path)
    assert _docs.stale(tmp_path) == []
