"""From a resolved tree to a `Profile`. Every mistake is noted, not only the first."""

from __future__ import annotations

from collections.abc import Iterable

from metalctl.content.errors import Problem
from metalctl.content.profiles import _values as v
from metalctl.content.profiles._extend import suggest
from metalctl.content.profiles._reader import Reader
from metalctl.content.profiles._tree import Mapping, Scalar
from metalctl.model.profile import (
    BondRequirement,
    CpuRequirement,
    DiskRequirement,
    Install,
    MemoryRequirement,
    NicRequirement,
    Profile,
    Range,
    Requires,
)

ROLES = ("controller", "compute", "storage")
KINDS = ("nvme", "ssd", "hdd")
MODES = ("802.3ad", "active-backup", "balance-rr", "balance-xor", "balance-tlb", "balance-alb")
POLICIES = ("layer3+4", "layer2+3", "layer2", "encap3+4", "encap2+3", "vlan+srcmac")
BRANDS = ("vt-x", "amd-v")
_SOME = Range(1, None, ">= 1")


def profile_of(tree: Mapping, name: str, file: str, problems: list[Problem]) -> Profile:
    """The profile that the tree describes; usable only when no problem was added. The digest is left empty."""
    top = Reader(tree, "", problems)
    role = top.required("role", v.one_of(*ROLES), "compute")
    summary = top.value("summary", v.word, "")
    requires = _requires(top.mapping("requires"))
    checks = _checks(top.mapping("checks"))
    burn_in = _named(top, "burn_in", checks)
    accept = _named(top, "accept", checks)
    install = _install(top.mapping("install"), requires.disks)
    lab = top.value("lab", v.boolean, False)
    top.done()
    return Profile(name, role, summary, requires, checks, burn_in, accept, install, lab, file)


def _requires(r: Reader) -> Requires:
    cpu = _cpu(r.mapping("cpu"))
    memory = _memory(r.mapping("memory"))
    disks = tuple(_disk(item) for item in r.mappings("disks"))
    _unique(r, "disks", "role", [d.role for d in disks])
    network = r.mapping("network")
    bonds = tuple(_bond(item) for item in network.mappings("bonds"))
    _unique(network, "bonds", "name", [b.name for b in bonds])
    nics = tuple(_nic(item) for item in network.mappings("nics"))
    network.done()
    boot_mode = r.value("boot_mode", v.one_of("uefi", "bios"), "")
    firmware = _firmware(r.mapping("firmware"))
    r.done()
    return Requires(cpu, memory, disks, nics, bonds, boot_mode, firmware)


def _unique(r: Reader, key: str, what: str, names: Iterable[str]) -> None:
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
    )
    r.done()
    return memory


def _disk(r: Reader) -> DiskRequirement:
    disk = DiskRequirement(
        role=r.required("role", v.name, ""),
        kind=r.words("kind", v.one_of(*KINDS), single=True) or KINDS,
        count=r.value("count", v.count_range, _SOME),
        size=r.value("size", v.size_range, None),
    )
    r.done()
    return disk


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
    )
    r.done()
    return bond


def _nic(r: Reader) -> NicRequirement:
    nic = NicRequirement(r.value("count", v.count_range, _SOME), r.value("speed", v.rate_range, None))
    r.done()
    return nic


def _firmware(r: Reader) -> dict[str, dict[str, str]]:
    """component → product → bound on the version."""
    wanted = {}
    for component in r.node.items:
        inner = r.mapping(component)
        wanted[component] = {product: inner.value(product, v.version_bound, "") for product in inner.node.items}
    return wanted


def _checks(r: Reader) -> dict[str, dict[str, float | str | bool]]:
    return {name: _limits(r.mapping(name)) for name in r.node.items}


def _limits(r: Reader) -> dict[str, float | str | bool]:
    limits: dict[str, float | str | bool] = {}
    for key, node in r.node.items.items():
        if not isinstance(node, Scalar):
            r.note(node, key, "a single value")
            continue
        try:
            limits[key] = v.limit(key, node.text, node.plain)
        except v.Mismatch as wrong:
            r.note(node, key, wrong.expected, wrong.hint)
    return limits


def _named(top: Reader, key: str, checks: dict[str, dict[str, float | str | bool]]) -> tuple[str, ...]:
    """A list of names out of `checks`."""

    def read(text: str) -> str:
        if text not in checks:
            raise v.Mismatch("a name that stands under checks", suggest(text, sorted(checks)))
        return text

    return top.words(key, read)


def _install(r: Reader, disks: tuple[DiskRequirement, ...]) -> Install:
    os_name = r.value("os", v.name, Install().os)
    options = r.words("kernel_options", v.word)
    role = _root_disk(r)
    roles = [d.role for d in disks]
    if role not in roles:
        node = r.node.items.get("root_disk", r.node)
        hint = suggest(role, roles) or "add it under requires.disks"
        r.note(node, "root_disk", "a role that stands under requires.disks", hint, got=f'"{role}"')
    r.done()
    return Install(os_name, role, options)


def _root_disk(r: Reader) -> str:
    """Written as `root_disk: os` or `root_disk: {role: os}`."""
    node = r.node.items.get("root_disk")
    if not isinstance(node, Mapping):
        return r.value("root_disk", v.name, Install().root_disk)
    inner = r.mapping("root_disk")
    role = inner.required("role", v.name, Install().root_disk)
    inner.done()
    return role
