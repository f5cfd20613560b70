"""What a profile asks of a machine's error counters: which sources must be readable, and how many errors are let pass.

Pure data: written in profiles (`errors`), carried by a `RunSpec`, judged on the node.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# What errors are of → the sources that truly see them. The kernel's log alone sees no memory error: it prints what a
# memory controller driver, a machine check or the firmware (GHES) tells it.
TRUE_SOURCES: dict[str, tuple[str, ...]] = {
    "memory": ("edac", "ghes", "rasdaemon", "sel"),
    "cpu": ("kernel-log", "rasdaemon", "ghes"),
    "pcie": ("aer", "rasdaemon", "ghes"),
    "network": ("ports",),
    "disks": ("drives",),
}
# What may be asked beside them: it sees some of the errors, and any one source misses events.
MORE_SOURCES: dict[str, tuple[str, ...]] = {
    "memory": ("kernel-log",),
    "cpu": ("sel",),
    "pcie": ("kernel-log", "sel"),
    "network": (),
    "disks": ("kernel-log",),
}
# Kinds of errors that have a limit.
KINDS = (
    "memory-uncorrected",
    "memory-corrected",
    "memory-storm",
    "cpu-uncorrected",
    "cpu-corrected",
    "pcie-fatal",
    "pcie-nonfatal",
    "pcie-corrected",
    "thermal-throttle",
    "link-failures",
    "port-errors",
    "previous-boot",
    "drive-fault",
    "power-fault",
    "cooling-fault",
)


@dataclass(frozen=True, slots=True)
class Need:
    """Sources that must be readable: one of `any`, and each of `all`."""

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """How many errors are let pass: `before` the run, for each day that the machine is up (a shorter time counts as a
    day), and as `rise` during it. None: as many as there are, they are only noted."""

    before: float | None = None
    rise: float | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """sources: what the errors are of → what must be readable. limits: kind → how many are let pass.

    history: older entries (s) of logs that outlive a boot (the BMC's, rasdaemon's) are only noted; None: all count.
    """

    sources: dict[str, Need] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    history: float | None = None


# Where no profile says: errors of everything must be readable somewhere, and nothing uncorrected is let pass.
UNASKED = Watch(
    {thing: Need(any=sources) for thing, sources in TRUE_SOURCES.items()},
    {kind: Limit(0, 0) for kind in ("memory-uncorrected", "memory-storm", "cpu-uncorrected", "pcie-fatal")},
)
