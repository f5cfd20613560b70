"""Reads rack.yaml: what nodes the emulated rack has, and what is wrong with them on purpose.

    name: demo
    switches: 1                     # or 2 that speak LACP as one: NICs alternate between them; default 1
    nodes:
      - name: sto1                  # 1-12 letters, digits, '-'
        role: storage               # controller, compute, storage
        firmware: bios              # or uefi; default bios
        vcpus: 2                    # default 2
        threads: 1                  # hardware threads a core, default 1
        memory: 2560 MiB            # default 2560 MiB
        disks: [{kind: ssd, size: 8 GiB}, {kind: hdd, size: 2 GiB, count: 3}, {kind: nvme, size: 2 GiB}]
        iommu: true                 # default false
        dimms: 4                    # slots (a channel each) whose modules make up the memory; default: QEMU's own list
        supplies: 2                 # power supplies of the BMC, default 2
        nics: 2                     # bonded by LACP on the switch; default 2
        faults: [missing-hdd]       # what metalctl/lab/faults/ declares with rack=…

A node may be written as another one with changes: `- &good {…}`, then `- {<<: *good, name: b}`.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

from metalctl.content import yaml
from metalctl.lab import faults
from metalctl.lab.errors import RackFileError, RackFileMistakes
from metalctl.lab.spec import DISK_KINDS, FIRMWARES, MIB, ROLES, Disk, DiskKind, Firmware, Nic, Node, Rack

DEMO = Path(__file__).parent / "racks" / "demo.yaml"
MOST_NODES = 100
_name = yaml.matching("[a-z][a-z0-9-]{0,11}", "1-12 small letters, digits or '-', a letter first")
_LIMITS = yaml.Limits(size=1 << 20, values=50_000, anchors=True)


def load(path: Path | None = None) -> Rack:
    """The rack in the file; the shipped demo rack without one. Raises `RackFileMistakes` with all that is wrong."""
    path = path or DEMO
    problems: list[yaml.Problem] = []
    tree = yaml.mapping(path, "a rack", problems, _LIMITS)
    rack = _rack(yaml.Reader(tree, "", problems)) if tree else None
    if rack is None or problems:
        raise RackFileMistakes(problems, hint=f"see {DEMO} for an example")
    return rack


def _rack(top: yaml.Reader) -> Rack:
    items = top.mappings("nodes", needed=True)
    switches = top.value("switches", yaml.whole_between(1, 2), 1)
    rack = Rack(top.required("name", _name, ""), tuple(_node(item, switches) for item in items), switches)
    top.unique("nodes", "name", [node.name for node in rack.nodes])
    if len(items) > MOST_NODES:
        top.note(top.node.items["nodes"], "nodes", f"at most {MOST_NODES}", got=str(len(items)))
    top.done()
    return rack


def _node(item: yaml.Reader, switches: int) -> Node:
    told = len(item.problems)
    vcpus = item.value("vcpus", yaml.whole_between(1, 255), 2)
    memory = item.value("memory", yaml.size_from(128 * MIB), 2560 * MIB)
    node = Node(
        name=item.required("name", _name, ""),
        role=item.required("role", yaml.one_of(*ROLES), ROLES[0]),
        firmware=cast(Firmware, item.value("firmware", yaml.one_of(*FIRMWARES), "bios")),
        vcpus=vcpus,
        threads=_threads(item, vcpus),
        memory=memory,
        disks=tuple(disk for group in item.mappings("disks", needed=True) for disk in _disks(group)),
        nics=(Nic(),) * item.value("nics", yaml.whole_between(1, 4), 2),
        iommu=item.value("iommu", yaml.boolean, False),
        dimms=_dimms(item, memory),
        supplies=item.value("supplies", yaml.whole_between(0, 2), 2),
        faults=item.words("faults", yaml.one_of(*faults.rack_names())),
    )
    item.done()
    if len(item.problems) == told:
        _faults_fit(item, node, switches)
    return node


def _threads(item: yaml.Reader, vcpus: int) -> int:
    threads = item.value("threads", yaml.whole_between(1, 8), 1)
    if vcpus % threads:
        what = f"threads: {vcpus} vCPUs cannot be split into cores of {threads} threads"
        item.wrong(item.place("threads"), f"{item.path}.{what}")
    return threads


def _dimms(item: yaml.Reader, memory: int) -> tuple[int, ...]:
    slots = item.value("dimms", yaml.whole_between(0, 16), 0)
    if slots and memory % (slots * MIB):
        what = f"dimms: {memory // MIB} MiB cannot be split into {slots} modules of whole MiB"
        item.wrong(item.place("dimms"), f"{item.path}.{what}")
    return (memory // slots,) * slots if slots else ()


def _disks(item: yaml.Reader) -> tuple[Disk, ...]:
    kind = cast(DiskKind, item.required("kind", yaml.one_of(*DISK_KINDS), "ssd"))
    disk = Disk(kind, item.required("size", yaml.size_from(MIB), MIB))
    count = item.value("count", yaml.whole_between(1, 24), 1)
    item.done()
    return (disk,) * count


def _faults_fit(item: yaml.Reader, node: Node, switches: int) -> None:
    try:
        if faults.inject(node).one_switch and switches == 1:
            message, hint = "fault one-switch, but the rack has one switch", "declare switches: 2 or drop the fault"
            raise RackFileError(f"node {node.name}: {message}", hint=hint)
    except RackFileError as error:
        item.wrong(item.place("faults"), error.message, error.hint)
