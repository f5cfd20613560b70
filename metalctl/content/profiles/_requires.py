"""What a profile requires, from its tree. The JSON Schema for editors is recorded from these very functions."""

from __future__ import annotations

from metalctl.content import yaml
from metalctl.content.profiles import _values as v
from metalctl.content.profiles._site import site
from metalctl.content.yaml import Reader
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
    r.unique("disks", "role", [d.role for d in disks])
    network = r.mapping("network")
    bonds = tuple(_bond(item) for item in network.mappings("bonds"))
    network.unique("bonds", "name", [b.name for b in bonds])
    nics = tuple(_nic(item) for item in network.mappings("nics"))
    network.done()
    found = Requires(
        cpu=_cpu(r.mapping("cpu")),
        memory=_memory(r.mapping("memory")),
        disks=disks,
        nics=nics,
        bonds=bonds,
        boot_mode=r.value("boot_mode", yaml.one_of("uefi", "bios"), ""),
        # component → model → bound on the version
        firmware={name: inner.entries(v.version_bound, "") for name, inner in r.tables("firmware").items()},
        secure_boot=r.value("secure_boot", yaml.boolean, None),
        tpm=r.value("tpm", yaml.one_of("2.0", "1.2"), ""),
        power=_power(r.mapping("power")),
        bmc=_bmc(r.mapping("bmc")),
        settings=r.mapping("settings").word_entries(yaml.word),
        cabling=tuple(_cable(item) for item in r.mappings("cabling")),
        disk_health=_health(r.mapping("disk_health")),
        site=site(r.mapping("site")),
    )
    r.done()
    return found


def _cpu(r: Reader) -> CpuRequirement:
    cpu = CpuRequirement(
        sockets=r.value("sockets", v.count_range, None),
        cores=r.value("cores", v.count_range, None),
        threads=r.value("threads", v.count_range, None),
        virtualization=r.words("virtualization", yaml.one_of(*BRANDS), single=True),
        kvm=r.value("kvm", yaml.boolean, None),
        iommu=r.value("iommu", yaml.boolean, None),
        smt=r.value("smt", yaml.boolean, None),
        uniform=r.value("uniform", yaml.boolean, None),
        models=r.words("models", yaml.word, single=True),
    )
    r.done()
    return cpu


def _memory(r: Reader) -> MemoryRequirement:
    memory = MemoryRequirement(
        total=r.value("total", v.size_range, None),
        dimms=r.value("dimms", v.count_range, None),
        balanced=r.value("balanced", yaml.boolean, None),
        ecc=r.value("ecc", yaml.boolean, None),
        reserved=r.value("reserved", v.fraction, MemoryRequirement().reserved),
        channels=r.value("channels", yaml.boolean, None),
        speed=r.value("speed", v.transfer_range, None),
    )
    r.done()
    return memory


def _disk(r: Reader) -> DiskRequirement:
    disk = DiskRequirement(
        role=r.required("role", yaml.name, ""),
        kind=r.words("kind", yaml.one_of(*KINDS, VOLUME), single=True) or KINDS,
        count=r.value("count", v.count_range, _SOME),
        size=r.value("size", v.size_range, None),
        models=r.words("models", yaml.word, single=True),
        endurance=r.value("endurance", v.endurance_range, None),
        power_loss_protection=r.value("power_loss_protection", yaml.boolean, None),
        full_link=r.value("full_link", yaml.boolean, None),
        link_width=r.value("link_width", v.count_range, None),
        link_speed=r.value("link_speed", v.pcie_range, None),
        uniform=r.value("uniform", yaml.boolean, None),
        healthy=r.value("healthy", yaml.boolean, None),
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
        name=r.required("name", yaml.name, ""),
        members=r.required("members", yaml.whole_between(1, 16), 2),
        speed=r.value("speed", v.rate_range, None),
        mode=r.value("mode", yaml.one_of(*MODES), usual.mode),
        mtu=r.value("mtu", yaml.whole_between(1280, 9216), usual.mtu),
        lacp_rate=r.value("lacp_rate", yaml.one_of("fast", "slow"), usual.lacp_rate),
        hash_policy=r.value("hash_policy", yaml.one_of(*POLICIES), usual.hash_policy),
        distinct_switches=r.value("distinct_switches", yaml.boolean, usual.distinct_switches),
        distinct_cards=r.value("distinct_cards", yaml.boolean, usual.distinct_cards),
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
    bmc = BmcRequirement(r.value("clock", yaml.seconds, None), r.words("models", yaml.word, single=True))
    r.done()
    return bmc


def _cable(r: Reader) -> Cable:
    cable = Cable(
        port=r.required("port", yaml.word, ""),
        switch=r.required("switch", yaml.word, ""),
        switch_port=r.value("switch_port", yaml.word, Cable("", "").switch_port),
        machine=r.value("machine", yaml.word, Cable("", "").machine),
    )
    r.done()
    return cable
