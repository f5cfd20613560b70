"""stress-ng under our eyes: what it says is believed only for the stressors, the time and the load that were seen.

It ends with 0 and "successful run" where it was interrupted, where no stressor could run and where one was left out. So
each stressor that was asked for must be in its own figures, with the time that was asked and with work done; and how
busy the processors were is counted beside it (node.busy).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from metalctl.node import cover, tool
from metalctl.node.busy import Watch
from metalctl.node.errors import HardwareFault, ToolFailed

# Seconds that a stressor may take to begin and to end, beyond its time.
SLACK = 120.0
# What `--verify` says of a result that is wrong: "stress-ng: fail:  [123] cpu: …".
_WRONG = re.compile(r"^stress-ng: fail:\s+\[\d+\]\s+(?P<what>.+)$", re.MULTILINE)
# What it says in the same form of what kept it from working: nothing of the hardware.
_OTHER = re.compile(r"errno=|signal|bogo-ops counter|unable|cannot|failed to|out of memory|terminated|killed", re.I)
_FIELD = re.compile(r"^\s+(?:- )?(?P<name>[a-z-]+): (?P<value>\S+)\s*$")


@dataclass(frozen=True, slots=True)
class Strain:
    """What one stressor did. seconds: by its own clock; rate: of its operations a second of real time."""

    stressor: str
    seconds: float
    rate: float
    busy: float
    slowest: dict[str, float]


def strain(stressor: str, seconds: float, words: Sequence[str] = (), root: Path = Path("/")) -> Strain:
    """Run one stressor on all processors with --verify. HardwareFault: a result was wrong; ToolFailed: who knows."""
    with tempfile.TemporaryDirectory(prefix="metalctl-stress-") as folder:
        figures = Path(folder) / "figures.yaml"
        argv = ["stress-ng", f"--{stressor}", "0", "--verify", "--oomable", "--timeout", f"{seconds:g}s"]
        argv += [*words, "--metrics", "--yaml", str(figures), "--temp-path", folder]
        with Watch(root) as watch:
            done = tool.run(argv, seconds + SLACK)
        said = f"{done.out}\n{done.err}"
        wrong = [m["what"] for m in _WRONG.finditer(said) if not _OTHER.search(m["what"])]
        if wrong:
            raise HardwareFault(
                f"stress-ng got a wrong result: {wrong[0][:200]}",
                hint="see the kernel log for the processor or memory at fault; run it again, then replace that part",
            )
        done.require()
        found = _figures(figures).get(stressor)
    if found is None or not found.get("bogo-ops"):
        raise ToolFailed(
            f"stress-ng did no work with {stressor}: {_reason(said)}", hint=f"run it: {' '.join(argv[:4])}"
        )
    cover.require(f"stress-ng {stressor}", "ran", found.get("wall-clock-time", 0.0), seconds, "s")
    rate = found.get("bogo-ops-per-second-real-time", 0.0)
    return Strain(stressor, found["wall-clock-time"], rate, watch.busy, watch.slowest)


def _figures(path: Path) -> dict[str, dict[str, float]]:
    """Stressor → its figures, out of stress-ng's YAML: one level of lists, plain numbers."""
    found: dict[str, dict[str, float]] = {}
    now: dict[str, float] = {}
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    for line in lines:
        if match := _FIELD.match(line):
            if match["name"] == "stressor":
                now = found.setdefault(match["value"], {})
            else:
                now[match["name"]] = _number(match["value"])
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _reason(said: str) -> str:
    lines = [line for line in said.splitlines() if re.search(r"error|skip|fail|warn", line)]
    return lines[-1][:200] if lines else "it named no reason"
