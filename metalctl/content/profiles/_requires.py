"""What a profile requires, from its tree. The JSON Schema for editors is recorded from these very functions."""

from __future__ import annotations

from collections.abc import Iterable

from metalctl.content.profiles import _values as v
from metalctl.content.profiles._reader import Reader
from metalctl.model.profile import (
    BmcRequirement,
    BondRequirement,
    Cable,
    CpuRequirement,
    DiskRequirement,
    HealthLimits,
    MemoryRequirement,
    NicRequirement,
    PowerRequirement,
    Range,
    Requires,
)

KINDS = ("nvme", "ssd", "hdd")
VOLUME = "volume"  # of a RAID controller; a role takes one only where the profile names it
MODES = ("802.3ad", "active-backup", "balance-rr", "balance-xor", "balance-tlb", "balance-alb")
POLICIES = ("layer3+4", "layer2+3", "layer2", "encap3+4", "encap2+3", "vlan+srcmac")
BRANDS = ("vt-x", "amd-v")
_SOME = Range(1, None, ">= 1")


def requires(r: Reader) -> Requires:
    """Everything under `requires`."""
    disks = tuple(_disk(item) for item in r.mappings("disks"))
    unique(r, "disks", "role", [d.role for d in disks])
    network = r.mapping("network")
    bonds = tuple(_bond(item) for item in network.mappings("bonds"))
    unique(network, "bonds", "name", [b.name for b in bonds])
    nics = tuple(_nic(item) for item in network.mappings("nics"))
    network.done()
    found = Requires(
        cpu=_cpu(r.mapping("cpu")),
        memory=_memory(r.mapping("memory")),
        disks=disks,
        nics=nics,
        bonds=bonds,
        boot_mode=r.value("boot_mode", v.one_of("uefi", "bios"), ""),
        # component → model → bound on the version
        firmware={name: inner.entries(v.version_bound, "") for name, inner in r.tables("firmware").items()},
        secure_boot=r.value("secure_boot", v.boolean, None),
        tpm=r.value("tpm", v.one_of("2.0", "1.2"), ""),
        power=_power(r.mapping("power")),
        bmc=_bmc(r.mapping("bmc")),
        settings=r.mapping("settings").word_entries(v.word),
        cabling=tuple(_cable(item) for item in r.mappings("cabling")),
        disk_health=_health(r.mapping("disk_health")),
    )
    r.done()
    return found


def unique(r: Reader, key: str, what: str, names: Iterable[str]) -> None:
    """Notes names that a list gives twice."""
    seen: set[str] = set()
    for item, name in zip(r.mappings(key), names, strict=False):
        if name and name in seen:
            r.note(item.node, f"{key}.{what}", "each once", got=f'"{name}" again')
        seen.add(name)


def _cpu(r: Reader) -> CpuRequirement:
    cpu = CpuRequirement(
        sockets=r.value("sockets", v.count_range, None),
        cores=r.value("cores", v.count_range, None),
        threads=r.value("threads", v.count_range, None),
        virtualization=r.words("virtualization", v.one_of(*BRANDS), single=True),
        kvm=r.value("kvm", v.boolean, None),
        iommu=r.value("iommu", v.boolean, None),
        smt=r.value("smt", v.boolean, None),
        uniform=r.value("uniform", v.boolean, None),
        models=r.words("models", v.word, single=True),
    )
    r.done()
    return cpu


def _memory(r: Reader) -> MemoryRequirement:
    memory = MemoryRequirement(
        total=r.value("total", v.size_range, None),
        dimms=r.value("dimms", v.count_range, None),
        balanced=r.value("balanced", v.boolean, None),
        ecc=r.value("ecc", v.boolean, None),
        reserved=r.value("reserved", v.fraction, MemoryRequirement().reserved),
        channels=r.value("channels", v.boolean, None),
        speed=r.value("speed", v.transfer_range, None),
    )
    r.done()
    return memory


def _disk(r: Reader) -> DiskRequirement:
    disk = DiskRequirement(
        role=r.required("role", v.name, ""),
        kind=r.words("kind", v.one_of(*KINDS, VOLUME), single=True) or KINDS,
        count=r.value("count", v.count_range, _SOME),
        size=r.value("size", v.size_range, None),
        models=r.words("models", v.word, single=True),
        endurance=r.value("endurance", v.endurance_range, None),
        power_loss_protection=r.value("power_loss_protection", v.boolean, None),
        full_link=r.value("full_link", v.boolean, None),
        link_width=r.value("link_width", v.count_range, None),
        link_speed=r.value("link_speed", v.pcie_range, None),
        uniform=r.value("uniform", v.boolean, None),
        healthy=r.value("healthy", v.boolean, None),
        wear=r.value("wear", v.share_range, None),
    )
    r.done()
    return disk


def _health(r: Reader) -> HealthLimits:
    usual = HealthLimits()
    limits = HealthLimits(
        defects=r.value("defects", v.error_limit, usual.defects),
        pending=r.value("pending", v.error_limit, usual.pending),
        offline=r.value("offline", v.error_limit, usual.offline),
        uncorrected=r.value("uncorrected", v.error_limit, usual.uncorrected),
        timeouts=r.value("timeouts", v.error_limit, usual.timeouts),
        wear=r.value("wear", v.wear_limit, usual.wear),
    )
    r.done()
    return limits


def _bond(r: Reader) -> BondRequirement:
    usual = BondRequirement("", 2)
    bond = BondRequirement(
        name=r.required("name", v.name, ""),
        members=r.required("members", v.whole_between(1, 16), 2),
        speed=r.value("speed", v.rate_range, None),
        mode=r.value("mode", v.one_of(*MODES), usual.mode),
        mtu=r.value("mtu", v.whole_between(1280, 9216), usual.mtu),
        lacp_rate=r.value("lacp_rate", v.one_of("fast", "slow"), usual.lacp_rate),
        hash_policy=r.value("hash_policy", v.one_of(*POLICIES), usual.hash_policy),
        distinct_switches=r.value("distinct_switches", v.boolean, usual.distinct_switches),
        distinct_cards=r.value("distinct_cards", v.boolean, usual.distinct_cards),
    )
    r.done()
    return bond


def _nic(r: Reader) -> NicRequirement:
    nic = NicRequirement(r.value("count", v.count_range, _SOME), r.value("speed", v.rate_range, None))
    r.done()
    return nic


def _power(r: Reader) -> PowerRequirement:
    power = PowerRequirement(r.value("supplies", v.count_range, None), r.value("capacity", v.power_range, None))
    r.done()
    return power


def _bmc(r: Reader) -> BmcRequirement:
    bmc = BmcRequirement(r.value("clock", v.seconds, None), r.words("models", v.word, single=True))
    r.done()
    return bmc


def _cable(r: Reader) -> Cable:
    cable = Cable(
        port=r.required("port", v.word, ""),
        switch=r.required("switch", v.word, ""),
        switch_port=r.value("switch_port", v.word, Cable("", "").switch_port),
        machine=r.value("machine", v.word, Cable("", "").machine),
    )
    r.done()
    return cable
