"""`./dev bench cli`: what `metalctl --help` and `metalctl nodes` cost, beside what they cost at 6dd39f9.

    ./dev bench cli [--repeats 30] [--json]

Both trees run with this interpreter and these libraries, in turns, in an empty state directory; 6dd39f9 is checked out
of this repository into a temporary folder. Figures, all medians: help_ratio, nodes_ratio, filled_ratio (now / then, by
processor time: on a busy machine the clock measures the others; `nodes` on an empty store, and on one of 50 nodes),
their times by the clock and by the processor, version_cpu_s, and python_cpu_s of an interpreter that does nothing.
"""

from __future__ import annotations

import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parents[1]
THEN = "6dd39f9"
NODES = 50
CASES = {
    "help": (["--help"], "empty"),
    "nodes": (["nodes"], "empty"),
    "filled": (["nodes"], "filled"),
    "version": (["--version"], "empty"),
}


def main(words: list[str]) -> int:
    """Measure and print."""
    repeats = int(words[words.index("--repeats") + 1]) if "--repeats" in words else 30
    with tempfile.TemporaryDirectory() as folder:
        taken = _measured({"now": HERE, "then": _checked_out(Path(folder) / "then")}, Path(folder), repeats)
    figures = _figures(taken)
    sys.stdout.write("\n".join(f"{name:<20} {value:8.3f}" for name, value in figures.items()) + "\n")
    if "--json" in words:
        sys.stdout.write(json.dumps(figures) + "\n")
    return 0


def _checked_out(folder: Path) -> Path:
    text = subprocess.run(["git", "-C", str(HERE), "archive", THEN], stdout=subprocess.PIPE, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(text)) as archive:
        archive.extractall(folder)  # noqa: S202 - our own tree
    return folder


def _measured(trees: dict[str, Path], folder: Path, repeats: int) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """By case and tree, (seconds by the clock, seconds of the processor) of each run. The first round warms caches."""
    states = {(where, tree): folder / f"{where}-{tree}" for where in ("empty", "filled") for tree in trees}
    for tree, place in trees.items():
        _fill(place, states["filled", tree])
    taken: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for number in range(repeats + 1):
        for case, (words, where) in CASES.items():
            for tree, place in trees.items():
                seconds = _run(["-m", "metalctl.cli.main", *words], place, states[where, tree])
                if number:
                    taken[case, tree].append(seconds)
        taken["python", "now"].append(_run(["-c", "pass"], HERE, folder))
    return taken


def _environment(place: Path, state: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LC_ALL") if name in os.environ}
    return {**kept, "PYTHONPATH": str(place), "METALCTL_STATE": str(state), "COLUMNS": "80"}


def _run(words: list[str], place: Path, state: Path) -> tuple[float, float]:
    begun, before = time.perf_counter(), _processor()
    subprocess.run(
        [sys.executable, *words], cwd="/", env=_environment(place, state), stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - begun, _processor() - before


def _processor() -> float:
    """Seconds that the ended children took of the processors."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


_FILL = f"""
import sys
from metalctl.store import enrollments, nodes
from metalctl.store.database import open_database, sqlite_url
from pathlib import Path
with open_database(sqlite_url(Path(sys.argv[1]))).begin() as connection:
    batch = enrollments.new_batch(connection, {{}})
    for number in range({NODES}):
        address = f"https://10.0.{{number // 250}}.{{number % 250}}"
        nodes.put(connection, f"n{{number}}", address, "env:RACK", "compute")
        enrollments.new(connection, f"n{{number}}", batch, "compute")
"""


def _fill(place: Path, state: Path) -> None:
    state.mkdir()
    subprocess.run(
        [sys.executable, "-c", _FILL, str(state / "metalctl.db")], cwd="/", env=_environment(place, state), check=True
    )


def _figures(taken: dict[tuple[str, str], list[tuple[float, float]]]) -> dict[str, float]:
    medians = {key: [statistics.median(column) for column in zip(*runs, strict=True)] for key, runs in taken.items()}
    figures = {f"{case}_ratio": medians[case, "now"][1] / medians[case, "then"][1] for case in CASES}
    for (case, tree), (clock, processor) in medians.items():
        name = case if tree == "now" else f"{case}_then"
        figures |= {f"{name}_s": clock, f"{name}_cpu_s": processor}
    return figures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
