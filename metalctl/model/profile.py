"""What a server of a role must be. Built by metalctl.content.profiles from YAML; pure data here.

Sizes in bytes, rates in bit/s, limits of checks in their base units.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from metalctl.model.finding import Waiver
from metalctl.model.identity import Identity
from metalctl.model.site import Range as Range
from metalctl.model.site import SiteRequirement as SiteRequirement
from metalctl.model.watch import Watch
from metalctl.model.words import is_product


@dataclass(frozen=True, slots=True)
class CpuRequirement:
    """virtualization: accepted flags; kvm: /dev/kvm must open; iommu, smt: must be on (or off).

    uniform: one model and one microcode over all sockets. models: patterns such as "*EPYC 7*3*", one of which must fit.
    """

    sockets: Range | None = None
    cores: Range | None = None
    threads: Range | None = None
    virtualization: tuple[str, ...] = ()
    kvm: bool | None = None
    iommu: bool | None = None
    smt: bool | None = None
    uniform: bool | None = None
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemoryRequirement:
    """total tolerates the firmware's reservation given by `reserved` (a fraction of the total, 0.0 for none).

    balanced: one size, rank and speed. channels: every channel holds as many modules. speed: configured, in MT/s.
    """

    total: Range | None = None
    dimms: Range | None = None
    balanced: bool | None = None
    ecc: bool | None = None
    reserved: float = 0.02
    channels: bool | None = None
    speed: Range | None = None


_NONE = Range(0, 0, "0")


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """What a disk that is `healthy` may count (the fields of DiskHealth of the same names) and how worn it may be.

    Without a word in the profile it may count nothing. wear: a fraction; None asks nothing.
    """

    defects: Range = _NONE
    pending: Range = _NONE
    offline: Range = _NONE
    uncorrected: Range = _NONE
    timeouts: Range = _NONE
    wear: Range | None = None


@dataclass(frozen=True, slots=True)
class DiskRequirement:
    """Disks of one role ("os", "data", "wal"): accepted kinds, how many, how large each.

    What follows is asked of each disk that was chosen: it decides between disks, it does not take a disk out.
    endurance: rated drive writes a day; full_link: as fast and wide as both ends can; link_width: lanes; link_speed:
    GT/s; uniform: one model and one firmware in the role; healthy: in order by its own words and counts (HealthLimits);
    wear: a fraction.
    """

    role: str
    kind: tuple[str, ...]
    count: Range
    size: Range | None = None
    models: tuple[str, ...] = ()
    endurance: Range | None = None
    power_loss_protection: bool | None = None
    full_link: bool | None = None
    link_width: Range | None = None
    link_speed: Range | None = None
    uniform: bool | None = None
    healthy: bool | None = None
    wear: Range | None = None


@dataclass(frozen=True, slots=True)
class BondRequirement:
    """A bond: `members` ports of at least `speed` each, aggregated as `mode`, with `mtu`.

    distinct_switches, distinct_cards: no two members on one switch, on one card.
    """

    name: str
    members: int
    speed: Range | None = None
    mode: str = "802.3ad"
    mtu: int = 1500
    lacp_rate: str = "fast"
    hash_policy: str = "layer3+4"
    distinct_switches: bool = False
    distinct_cards: bool = False


@dataclass(frozen=True, slots=True)
class NicRequirement:
    """Ports beside the bonds: how many, how fast."""

    count: Range
    speed: Range | None = None


@dataclass(frozen=True, slots=True)
class PowerRequirement:
    """supplies: present and in order; capacity: of each, in watts."""

    supplies: Range | None = None
    capacity: Range | None = None


@dataclass(frozen=True, slots=True)
class BmcRequirement:
    """clock: the most seconds that the BMC's clock may be off; models: patterns, one of which must fit."""

    clock: float | None = None
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cable:
    """One line of the cabling plan. port: kernel name, MAC, PCI address or slot of the port.

    switch_port: may be a pattern. machine: a pattern on the serial of the machine that the line is for; "*" is any.
    """

    port: str
    switch: str
    switch_port: str = "*"
    machine: str = "*"


@dataclass(frozen=True, slots=True)
class Requires:
    """Everything a profile requires; an absent group is not asked.

    firmware: component → model of the machine or part → bound on the version. settings: name → accepted values.
    """

    cpu: CpuRequirement = field(default_factory=CpuRequirement)
    memory: MemoryRequirement = field(default_factory=MemoryRequirement)
    disks: tuple[DiskRequirement, ...] = ()
    nics: tuple[NicRequirement, ...] = ()
    bonds: tuple[BondRequirement, ...] = ()
    boot_mode: str = ""
    firmware: dict[str, dict[str, str]] = field(default_factory=dict)
    secure_boot: bool | None = None
    tpm: str = ""
    power: PowerRequirement = field(default_factory=PowerRequirement)
    bmc: BmcRequirement = field(default_factory=BmcRequirement)
    settings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cabling: tuple[Cable, ...] = ()
    disk_health: HealthLimits = field(default_factory=HealthLimits)
    site: tuple[SiteRequirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """What is required of machines of one vendor and model instead; `requires` is whole, the overlay already laid."""

    vendor: str
    model: str
    requires: Requires

    def fits(self, identity: Identity) -> bool:
        """Whether every word of vendor and model is a word of the machine's manufacturer and product."""
        product = f"{identity.manufacturer} {identity.product}"
        return is_product(product, f"{self.vendor} {self.model}")


@dataclass(frozen=True, slots=True)
class Drive:
    """What a data sheet says of drives whose model fits the pattern; for facts that the drive itself cannot state."""

    model: str
    endurance: float | None = None
    power_loss_protection: bool | None = None


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
    accept: the names among `checks` that run again on the installed system. warnings: patterns of requirements that
    warn and do not block. variants: the first that fits the machine takes the place of `requires`. errors: what is
    asked of error counters, None where nothing is said.
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
    variants: tuple[Variant, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    warnings: tuple[str, ...] = ()
    drives: tuple[Drive, ...] = ()
    errors: Watch | None = None

    def requires_of(self, identity: Identity) -> Requires:
        """What is required of this machine: the first variant that fits it, else `requires`."""
        return next((v.requires for v in self.variants if v.fits(identity)), self.requires)
