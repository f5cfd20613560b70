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
        faults: [missing-hdd]       # one file each in metalctl/lab/faults/

Every mistake is a `RackFileError` that reads `file:line: what, expected, got`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

from metalctl.lab import faults
from metalctl.lab.errors import RackFileError
from metalctl.lab.spec import DISK_KINDS, FIRMWARES, MIB, ROLES, Disk, DiskKind, Firmware, Nic, Node, Rack
from metalctl.model.errors import MetalctlError
from metalctl.model.units import parse_size

T = TypeVar("T")
NAME = re.compile(r"^[a-z][a-z0-9-]{0,11}$")
DEMO = Path(__file__).parent / "racks" / "demo.yaml"
NODE_KEYS = (
    "name",
    "role",
    "firmware",
    "vcpus",
    "threads",
    "memory",
    "iommu",
    "dimms",
    "supplies",
    "disks",
    "nics",
    "faults",
)
MOST_NODES = 100


@dataclass(frozen=True)
class _Map:
    """A mapping of the file that can say on which line a key stands."""

    path: Path
    data: Any
    where: str

    def line(self, key: str | None = None) -> int:
        """Line of the key's value (1 is the first), of the mapping where the key is absent or merged in by `<<`."""
        if key is not None and key in (self.data.lc.data or {}):
            return int(self.data.lc.value(key)[0]) + 1
        return int(self.data.lc.line) + 1

    def wrong(self, key: str | None, what: str, hint: str = "") -> NoReturn:
        """Raises the error, placed at the key."""
        line = self.line(key)
        raise RackFileError(f"{self.path}:{line}: {self.where}{what}", hint=hint, path=str(self.path), line=line)

    def only(self, known: tuple[str, ...]) -> None:
        """Refuses a key that is not known: a mistyped key must not be passed over."""
        for key in self.data:
            if key not in known:
                self.wrong(key, f"{key!r} is not known, expected one of {', '.join(known)}")

    def need(self, key: str) -> Any:
        """The value, which must be there."""
        if key not in self.data:
            self.wrong(None, f"{key!r} is missing")
        return self.data[key]

    def one_of(self, key: str, known: tuple[str, ...], default: str | None = None) -> str:
        """A word out of a list."""
        value = self.need(key) if default is None else self.data.get(key, default)
        if value not in known:
            self.wrong(key, f"{key}: expected one of {', '.join(known)}, got {value!r}")
        return str(value)

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number within bounds."""
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.wrong(key, f"{key}: expected a whole number from {low} to {high}, got {value!r}")
        return int(value)

    def yes(self, key: str) -> bool:
        """true or false; false where it is absent."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            self.wrong(key, f"{key}: expected true or false, got {value!r}")
        return bool(value)

    def size(self, key: str, default: int | None, low: int) -> int:
        """Bytes, at least `low`."""
        value = self.need(key) if default is None else self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            self.wrong(key, f'{key}: expected a size such as "8 GiB", got {value!r}')
        try:
            size = parse_size(value)
        except MetalctlError as error:
            self.wrong(key, f"{key}: {error.message}", error.hint)
        if size < low:
            self.wrong(key, f"{key}: expected at least {low // MIB} MiB, got {value!r}")
        return size

    def each(self, key: str, read: Callable[[_Map], T]) -> list[T]:
        """Reads a list of mappings."""
        value = self.need(key)
        if not isinstance(value, list) or not value:
            self.wrong(key, f"{key}: expected a list with at least one entry, got {value!r}")
        items = []
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                self.wrong(key, f"{key}[{index}]: expected a mapping, got {item!r}")
            items.append(read(_Map(self.path, item, self.where)))
        return items


def load(path: Path | None = None) -> Rack:
    """The rack in the file; the shipped demo rack without one. Raises `RackFileError`."""
    path = path or DEMO
    top = _Map(path, _parse(path), "")
    top.only(("name", "switches", "nodes"))
    switches = top.integer("switches", 1, 1, 2)
    rack = Rack(name=_name(top), nodes=tuple(top.each("nodes", _node)), switches=switches)
    _check_switches(top, rack)
    _check_names(top, rack)
    return rack


def _parse(path: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    try:
        data = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RackFileError(f"{path}: {error.strerror}", hint="name a rack file, or none for the demo rack") from error
    except UnicodeDecodeError as error:
        raise RackFileError(f"{path}: not UTF-8 text at byte {error.start}") from error
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RackFileError(f"{path}:{line}: not YAML: {error.problem}", path=str(path), line=line) from error
    if not isinstance(data, dict):
        raise RackFileError(f"{path}:1: expected a mapping with name and nodes", hint=f"see {DEMO} for an example")
    return data


def _name(item: _Map) -> str:
    value = item.need("name")
    if not isinstance(value, str) or not NAME.match(value):
        item.wrong("name", f"name: expected 1-12 small letters, digits or '-', a letter first, got {value!r}")
    return str(value)


def _node(item: _Map) -> Node:
    name = _name(item)
    item = _Map(item.path, item.data, f"node {name}: ")
    item.only(NODE_KEYS)
    vcpus = item.integer("vcpus", 2, 1, 255)
    threads = item.integer("threads", 1, 1, 8)
    if vcpus % threads:
        item.wrong("threads", f"threads: {vcpus} vCPUs cannot be split into cores of {threads} threads")
    memory = item.size("memory", 2560 * MIB, 128 * MIB)
    node = Node(
        name=name,
        role=item.one_of("role", ROLES),
        firmware=cast(Firmware, item.one_of("firmware", FIRMWARES, "bios")),
        vcpus=vcpus,
        threads=threads,
        memory=memory,
        disks=tuple(disk for group in item.each("disks", _disks) for disk in group),
        nics=(Nic(),) * item.integer("nics", 2, 1, 4),
        iommu=item.yes("iommu"),
        dimms=_dimms(item, memory),
        supplies=item.integer("supplies", 2, 0, 2),
        faults=_faults(item),
    )
    faults.inject(node)
    return node


def _dimms(item: _Map, memory: int) -> tuple[int, ...]:
    slots = item.integer("dimms", 0, 0, 16)
    if slots and memory % (slots * MIB):
        item.wrong("dimms", f"dimms: {memory // MIB} MiB cannot be split into {slots} modules of whole MiB")
    return (memory // slots,) * slots if slots else ()


def _disks(item: _Map) -> tuple[Disk, ...]:
    item.only(("kind", "size", "count"))
    kind = cast(DiskKind, item.one_of("kind", DISK_KINDS))
    return (Disk(kind, item.size("size", None, MIB)),) * item.integer("count", 1, 1, 24)


def _faults(item: _Map) -> tuple[str, ...]:
    value = item.data.get("faults", [])
    if not isinstance(value, list):
        item.wrong("faults", f"faults: expected a list, got {value!r}")
    for name in value:
        if name not in faults.names():
            item.wrong("faults", f"faults: expected any of {', '.join(faults.names())}, got {name!r}")
    return tuple(str(name) for name in value)


def _check_switches(top: _Map, rack: Rack) -> None:
    for index, node in enumerate(rack.nodes):
        if node.faults and rack.switches == 1 and faults.inject(node).one_switch:
            _Map(top.path, top.data["nodes"][index], f"node {node.name}: ").wrong(
                "faults", "fault one-switch, but the rack has one switch", "declare switches: 2 or drop the fault"
            )


def _check_names(top: _Map, rack: Rack) -> None:
    seen: set[str] = set()
    for index, node in enumerate(rack.nodes):
        if node.name in seen:
            _Map(top.path, top.data["nodes"][index], "").wrong("name", f"two nodes are called {node.name!r}")
        seen.add(node.name)
    if len(rack.nodes) > MOST_NODES:
        top.wrong("nodes", f"nodes: expected at most {MOST_NODES}, got {len(rack.nodes)}")
