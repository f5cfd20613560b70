"""The engine before this design (commit 6dd39f9), measured here beside ours: rows, recovery, list.

The old tree is taken from git's history into a temporary folder; where that has it not (a shallow clone, a release),
it is said that nothing was compared.

base_rows_72h: durable rows of one node in a burn-in of 72 h, looked at every 4 s. base_recover_s: from the start to the
first tick after a crash with so many recorded rows as base_recover_rows; base_recover_72h_s: the same for the rows of
72 h, reckoned from that (the library reads all of them, one after the other). base_list_N_s: CPU of `nodes --json`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench._fleet import environment

COMMIT = "6dd39f9"
HERE = Path(__file__).parent
TICKS = 3000
# Seconds between two looks at a node in burn-in, there and then.
LOOK = 4.0


def measure(nodes: int) -> dict[str, Any]:
    """The figures; {"base": "not compared: …"} where the old tree is not to be had."""
    with old_tree() as tree:
        if isinstance(tree, str):
            return {"base": f"not compared: {tree}"}
        with tempfile.TemporaryDirectory(prefix="metalctl-base-") as folder:
            told = _child(tree, "walk", folder, str(TICKS))
            again = _child(tree, "recover", folder, str(TICKS))
            listed = _child(tree, "list", folder, str(10 * nodes))
    return reckoned(told["rows"], TICKS, again["seconds"]) | {f"base_list_{10 * nodes}_s": listed["cpu_s"]}


def reckoned(rows: int, ticks: int, recover: float) -> dict[str, Any]:
    """What so many rows of so many ticks come to in 72 h."""
    in_all = rows / ticks * 72 * 3600 / LOOK
    return {
        "base_rows_72h": round(in_all),
        "base_recover_rows": rows,
        "base_recover_s": recover,
        "base_recover_72h_s": recover * in_all / rows,
    }


@contextmanager
def old_tree() -> Iterator[Path | str]:
    """The old tree, or why there is none."""
    with tempfile.TemporaryDirectory(prefix="metalctl-base-") as folder:
        tree = Path(folder) / "tree"
        if why := _git("worktree", "add", "--detach", str(tree), COMMIT):
            yield why
            return
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*words: str) -> str:
    """What went wrong, "" for nothing."""
    try:
        done = subprocess.run(["git", "-C", str(HERE), *words], capture_output=True, text=True, check=False)
    except OSError as error:
        return f"git: {error.strerror}"
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["git failed"])[-1]


def _child(tree: Path, *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(HERE / "_base_child.py"), *words],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env=environment(PYTHONPATH=str(tree)),
        cwd="/",
    )
    lines = done.stdout.strip().splitlines()
    if not lines:
        raise SystemExit(f"bench: the old tree's {words[0]} failed; its words are above")
    return dict(json.loads(lines[-1]))
