"""What a server of a role must be. Built by metalctl.content.profiles from YAML; pure data here.

Sizes in bytes, rates in bit/s, limits of checks in their base units.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Range:
    """A bound on a number, low and high both inclusive; `text` is how the profile wrote it (">= 512 GiB")."""

    low: float | None = None
    high: float | None = None
    text: str = ""

    def holds(self, value: float) -> bool:
        """Whether the value is within."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class CpuRequirement:
    """virtualization: accepted flags; kvm: /dev/kvm must open; iommu: must be on."""

    sockets: Range | None = None
    cores: Range | None = None
    threads: Range | None = None
    virtualization: tuple[str, ...] = ()
    kvm: bool | None = None
    iommu: bool | None = None


@dataclass(frozen=True, slots=True)
class MemoryRequirement:
    """total tolerates the firmware's reservation given by `reserved` (a fraction of the total, 0.0 for none)."""

    total: Range | None = None
    dimms: Range | None = None
    balanced: bool | None = None
    ecc: bool | None = None
    reserved: float = 0.02


@dataclass(frozen=True, slots=True)
class DiskRequirement:
    """Disks of one role ("os", "data", "wal"): accepted kinds, how many, how large each."""

    role: str
    kind: tuple[str, ...]
    count: Range
    size: Range | None = None


@dataclass(frozen=True, slots=True)
class BondRequirement:
    """A bond: `members` ports of at least `speed` each, aggregated as `mode`, with `mtu`."""

    name: str
    members: int
    speed: Range | None = None
    mode: str = "802.3ad"
    mtu: int = 1500
    lacp_rate: str = "fast"
    hash_policy: str = "layer3+4"
    distinct_switches: bool = False


@dataclass(frozen=True, slots=True)
class NicRequirement:
    """Ports beside the bonds: how many, how fast."""

    count: Range
    speed: Range | None = None


@dataclass(frozen=True, slots=True)
class Requires:
    """Everything a profile requires; an absent group is not asked."""

    cpu: CpuRequirement = field(default_factory=CpuRequirement)
    memory: MemoryRequirement = field(default_factory=MemoryRequirement)
    disks: tuple[DiskRequirement, ...] = ()
    nics: tuple[NicRequirement, ...] = ()
    bonds: tuple[BondRequirement, ...] = ()
    boot_mode: str = ""
    firmware: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Install:
    """os: a name in pxe/images/; root_disk: the disk role that carries it."""

    os: str = "debian-12"
    root_disk: str = "os"
    kernel_options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole profile after `extends` was applied. role: controller, compute or storage. checks: name → limits.

    A check runs on a node only if the profile names it; its limits may be empty.
    accept: the names among `checks` that run again on the installed system.
    """

    name: str
    role: str
    summary: str = ""
    requires: Requires = field(default_factory=Requires)
    checks: dict[str, dict[str, float | str | bool]] = field(default_factory=dict)
    burn_in: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    install: Install = field(default_factory=Install)
    lab: bool = False
    file: str = ""
    digest: str = ""
