"""A file is small enough to be read whole: what grows over the limit is divided."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]
LONGEST = 250


def test_no_file_of_the_program_is_over_its_length() -> None:
    files = [path for folder in ("metalctl", "checks", "bench") for path in sorted((ROOT / folder).rglob("*.py"))]
    assert len(files) > 500, "the folders were moved"
    lengths = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").count("\n") for path in files}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}
