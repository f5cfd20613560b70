"""`./dev truth`: runs the tests that are marked `truth` with today's code and with the old code, and writes the page.

    python -m tests.truth [FOLDER or FILE of tests...]     with arguments nothing is written

Exit code 1 when one is not green today, or not red on the old code. A file that the old code cannot even be imported
for does not hide others: what a run did not reach is run again, file by file.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.truth import page, trees
from tests.truth.outcome import Seen, gather

WORKERS = ("-n", "3")


def main(words: list[str]) -> int:
    """The program."""
    short = trees.OLD[:7]
    with tempfile.TemporaryDirectory(prefix="metalctl-truth-") as name:
        folder = Path(name)
        say("running the marked tests with the code of today")
        records, told = trees.run(trees.today(folder / "today"), folder / "1", *WORKERS, *(words or trees.FOLDERS))
        now = gather(records)
        if faults := [*unread(records), *not_green(now)] or ([] if now else [f"no test ran:\n{told}"]):
            return end(faults, "they have to be green with the code of today")
        say(f"running them with the code of {short}")
        try:
            before = on_old(trees.old(folder / "old"), folder, words or list(trees.FOLDERS), now)
        except subprocess.CalledProcessError:
            return end([f"commit {short} is not in this clone"], "git fetch --unshallow")
    text = page.render(before, short)
    if not words:
        place = trees.ROOT / page.PAGE
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    say(text[text.index(" tests hold") - 5 :] if words else f"{page.PAGE}: {len(before)} tests")
    bare = [f"{test.name}: {test.count('skipped')} skipped" for test in before.values() if not test.reds()]
    return end(bare, f"not red on {short}: they hold nothing that the old code did wrong") if bare else 0


def on_old(tree: Path, folder: Path, words: list[str], now: dict[str, Seen]) -> dict[str, Seen]:
    """What becomes of the tests of `now` on the old code."""
    records, _ = trees.run(tree, folder / "2", *WORKERS, *words)
    found = gather(records)
    broken = {one["file"]: one["error"] for one in records if "file" in one}
    lost = {name.partition("::")[0] for name in now.keys() - found.keys()} - broken.keys()
    for number, file in enumerate(sorted(lost)):
        records, told = trees.run(tree, folder / f"3-{number}", "-p", "no:xdist", file)
        found |= gather(records)
        errors = [one["error"] for one in records if "file" in one]
        broken[file] = errors[0] if errors else last_error(told)
    for name in now.keys() - found.keys():
        error = broken[name.partition("::")[0]]
        found[name] = Seen(name, now[name].marks, dict.fromkeys(now[name].cases, ("failed", error)))
    return {name: found[name] for name in now}


def last_error(told: str) -> str:
    """Why a run ended before it came to the test."""
    lines = [line.removeprefix("E ").strip() for line in told.splitlines() if line.strip()]
    error = next((line for line in reversed(lines) if "Error" in line), lines[-1] if lines else "no output")
    return f"it was never run: {error}"


def unread(records: list[dict[str, Any]]) -> Iterator[str]:
    """Files that cannot be read."""
    yield from (f"{one['file']}: {one['error']}" for one in records if "file" in one)


def not_green(now: dict[str, Seen]) -> Iterator[str]:
    """Tests that do not pass today, a skip among them: what did not run was not seen."""
    for test in now.values():
        for case, (outcome, error) in test.cases.items():
            if outcome != "passed":
                yield f"{case}: {outcome}: {error.splitlines()[0] if error else ''}"


def end(faults: list[str], why: str) -> int:
    """Tell them; exit code 1."""
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    sys.stderr.write(f"dev: {len(faults)} tests: {why}\n")
    return 1


def say(text: str) -> None:
    """Progress."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
