"""Processor caches from /sys/devices/system/cpu/cpu*/cache: each cache once, however many CPUs share it."""

from __future__ import annotations

import re
from collections import Counter

from metalctl.model.inventory import Cache
from metalctl.node.inspect.host import Host

_CPUS = "/sys/devices/system/cpu"
_INDEX = re.compile(r"index(\d+)")
_ONE = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")
_SIZE = re.compile(r"([0-9]{1,9})([KMG])")
_SHIFT = {"K": 10, "M": 20, "G": 30}
_MOST = 1 << 16  # CPUs; a longer range is no list of CPUs


def collect(host: Host) -> tuple[Cache, ...]:
    """Every kind of cache with its size and how many there are, level 1 first; () when the kernel does not tell."""
    found: Counter[tuple[int, str, int]] = Counter()
    covered: set[tuple[str, int]] = set()  # (index, CPU) that a cache already counted serves
    cpus = [n for n in host.names(_CPUS) if re.fullmatch(r"cpu\d+", n)]
    for cpu in sorted(cpus, key=lambda n: int(n[3:])):
        for index in host.names(f"{_CPUS}/{cpu}/cache"):
            if not _INDEX.fullmatch(index) or (index, int(cpu[3:])) in covered:
                continue
            base = f"{_CPUS}/{cpu}/cache/{index}"
            covered |= {(index, n) for n in listed(host.text(f"{base}/shared_cpu_list"))}
            level, size = host.number(f"{base}/level"), parse(host.text(f"{base}/size"))
            if level is not None and size:
                found[level, host.text(f"{base}/type").lower(), size] += 1
    if found:
        host.source("cpu.caches", f"{_CPUS}/cpu*/cache")
    else:
        host.unreadable("cpu.caches", f"{_CPUS}/cpu*/cache: the kernel lists no caches")
    return tuple(Cache(level, kind, size, count) for (level, kind, size), count in sorted(found.items()))


def parse(text: str) -> int | None:
    """Bytes of "32K"; None for anything else."""
    match = _SIZE.fullmatch(text)
    return int(match.group(1)) << _SHIFT[match.group(2)] if match else None


def listed(text: str) -> set[int]:
    """The numbers of a kernel list: "0-3,8" is {0, 1, 2, 3, 8}; what is no such list adds nothing."""
    numbers: set[int] = set()
    for part in text.split(","):
        if match := _ONE.fullmatch(part.strip()):
            first, last = int(match.group(1)), int(match.group(2) or match.group(1))
            numbers |= set(range(first, last + 1)) if last - first < _MOST else set()
    return numbers
