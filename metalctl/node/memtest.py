"""stressapptest under our eyes: one instance a NUMA node, bound to it, over most of its free memory.

It says PASS and ends with 0 where it was interrupted, where it was given no time and where it copied nothing. So the
time and the bytes that it names are held against what was asked. More memory than there is ends as "procedural error",
which is no fault of the hardware; "hardware incident" is.
"""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from metalctl.node import cover, tool
from metalctl.node.errors import HardwareFault, ToolFailed
from metalctl.node.inspect.host import LocalHost

MIB = 1 << 20
# Left free of a NUMA node's free memory: a tenth, a twentieth of more than 255 GB, and always so much.
_SPARE = 256 * MIB
_LARGE = 255 * 10**9
# Seconds beyond its time: filling and reading back a terabyte takes minutes.
SLACK = 900.0
_NODES = "sys/devices/system/node"
_DONE = re.compile(
    r"^Stats: Completed: (?P<mib>[\d.]+)M in (?P<s>[\d.]+)s .* with (?P<hw>\d+) hardware incidents", re.M
)
_ERROR = re.compile(r"^Report Error: (?P<what>.+)$", re.M)


@dataclass(frozen=True, slots=True)
class Share:
    """What one instance takes: NUMA node (None: the whole machine, where the kernel lists none), bytes, threads."""

    node: int | None
    size: int
    threads: int


@dataclass(frozen=True, slots=True)
class Copied:
    """What one instance did: bytes copied, in seconds."""

    share: Share
    copied: float
    seconds: float


def shares(root: Path = Path("/"), most: float = math.inf) -> list[Share]:
    """One a NUMA node that has memory, of at most so many bytes; its threads are those of its processors, or of the
    machine's for one without."""
    host = LocalHost(root)
    names = [n for n in host.names(_NODES) if re.fullmatch(r"node\d+", n)]
    nodes = [(int(n[4:]), _free(host.text(f"{_NODES}/{n}/meminfo")), _count(host.text(f"{_NODES}/{n}/cpulist")))
             for n in names]  # fmt: skip
    threads = sum(count for _, _, count in nodes) or 1
    found = [Share(number, usable(free, most), count or threads) for number, free, count in nodes if usable(free)]
    if found:
        return found
    free = usable(_free(host.text("proc/meminfo")), most)
    if not free:
        raise ToolFailed("there is not enough free memory to test", hint="see free -m on the node")
    return [Share(None, free, _count(host.text("sys/devices/system/cpu/online")) or 1)]


def usable(free: int, most: float = math.inf) -> int:
    """How much of so many free bytes is tested; 0 when that is next to nothing."""
    size = min(free * (0.95 if free > _LARGE else 0.9), free - _SPARE, most)
    return int(size) // MIB * MIB if size >= 64 * MIB else 0


def run(wanted: Iterable[Share], seconds: float) -> list[Copied]:
    """All at once. HardwareFault names the NUMA node of an incident; ToolFailed: it cannot be told."""
    running: list[tuple[Share, subprocess.Popen[str]]] = []
    outputs = []
    try:
        for share in wanted:
            running.append((share, tool.start(_words(share, seconds))))
        for share, process in running:
            try:
                out, err = process.communicate(timeout=seconds + SLACK)
            except subprocess.TimeoutExpired:
                raise ToolFailed(f"stressapptest {_where(share)} hangs", hint="look at dmesg on the node") from None
            outputs.append((share, process.returncode, f"{out}\n{err}"))
    finally:
        for _, process in running:
            tool.end(process)
    return [_judged(share, code, said, seconds) for share, code, said in outputs]


def _judged(share: Share, code: int, said: str, seconds: float) -> Copied:
    done = _DONE.search(said)
    if done and int(done["hw"]):
        what = _ERROR.search(said)
        detail = f": {what['what'][:200]}" if what else ""
        raise HardwareFault(
            f"{done['hw']} memory errors {_where(share)}{detail}",
            hint="find the DIMM by the kernel log and the BMC's event log; reseat it, then replace it",
        )
    if code or not done or "Status: PASS" not in said:
        lines = [line for line in said.splitlines() if "rror" in line] or said.strip().splitlines()[-1:] or ["nothing"]
        raise ToolFailed(f"stressapptest {_where(share)} ended with {code}: {lines[0][:200]}", hint="run it by hand")
    name = f"stressapptest {_where(share)}"
    cover.require(name, "ran", float(done["s"]), seconds, "s")
    copied = float(done["mib"]) * MIB
    # Each byte at least once.
    cover.require(name, "copied", copied, share.size, "B")
    return Copied(share, copied, float(done["s"]))


def _words(share: Share, seconds: float) -> list[str]:
    bound = [] if share.node is None else ["numactl", f"--cpunodebind={share.node}", f"--membind={share.node}"]
    if share.node is not None and not share.threads:
        bound = ["numactl", f"--membind={share.node}"]
    size = ["-W", "-s", f"{seconds:.0f}", "-M", str(share.size // MIB), "-m", str(share.threads), "--cc_test"]
    return [*bound, "stressapptest", *size]


def _where(share: Share) -> str:
    return "of the machine" if share.node is None else f"of NUMA node {share.node}"


def _free(meminfo: str) -> int:
    found = re.search(r"MemFree:\s+(\d+) kB", meminfo)
    return int(found[1]) * 1024 if found else 0


def _count(cpus: str) -> int:
    """How many processors a list such as "0-3,8" names."""
    spans = (part.partition("-") for part in cpus.strip().split(",") if part)
    return sum(int(last or first) - int(first) + 1 for first, _, last in spans)
