"""Physical disks behind RAID controllers: the kernel shows only the volumes, `smartctl -d` reaches the disks.

megaraid_sas (MegaRAID, PERC): `smartctl --scan-open` names each disk as "megaraid,N" on /dev/bus/HOST. hpsa and
smartpqi (Smart Array): "cciss,N" on any volume of the controller, N counted from 0 until three in a row do not answer
(an enclosure has a number too). Where the maker's tool is there (storcli.py, ssacli.py), it adds the slot and its own
word of the health, and the disks that smartctl could not reach. A disk that the controller passes through is a disk as
all others, and not listed again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from metalctl.model.health import worse
from metalctl.model.identity import usable_serial
from metalctl.model.inventory import Controller, Disk
from metalctl.node.inspect import smart, ssacli, storcli, values
from metalctl.node.inspect.host import Host

FACT = "raid_disks"
_SCAN = ("smartctl", "-j", "--scan-open")
_MEGARAID, _SMART_ARRAY = frozenset({"megaraid_sas"}), frozenset({"hpsa", "smartpqi"})
_MOST, _PATIENCE = 128, 3
_TIMEOUT = 30.0
_BUDGET = 120.0  # s for all of them: behind a controller that hangs each would take its whole timeout


def collect(host: Host, disks: Iterable[Disk], controllers: Iterable[Controller]) -> tuple[Disk, ...]:
    """Every one, each once; disks: those that the kernel shows, volumes among them."""
    shown, cards = list(disks), list(controllers)
    until = time.monotonic() + _BUDGET
    asked, by_tool = [*_megaraid(host, cards, until), *_smart_array(host, shown, cards, until)], _by_tool(host, cards)
    through = {_key(d) for d in shown if d.kind != "volume"} - {""}
    found = [d for d in _joined(asked, by_tool) if _key(d) not in through]
    if found:
        told = {"smartctl -d": asked, "the controller's own tool": by_tool}
        host.source(FACT, ", ".join(where for where, listed in told.items() if listed))
    else:
        _say_none(host, shown, cards)
    return tuple(found)


def _by_tool(host: Host, cards: list[Controller]) -> list[Disk]:
    return [*storcli.collect(host, cards), *ssacli.collect(host, cards)]


def _say_none(host: Host, shown: list[Disk], cards: list[Controller]) -> None:
    """A volume has disks, be it that none of them answers."""
    raid = {c.pci for c in cards if c.driver in _SMART_ARRAY or c.driver in storcli.TOOLS}
    names = ", ".join(d.name for d in shown if d.kind == "volume" and d.controller in raid)
    if names and not host.notes_of(FACT):
        host.unreadable(FACT, f"no disk behind the volumes {names} answers to smartctl: install the maker's tool")


def with_words(host: Host, disks: Iterable[Disk], controllers: Iterable[Controller]) -> tuple[Disk, ...]:
    """The disks that the kernel shows, those that a controller passes through with that one's word of them too.

    A controller may have heard a disk predict its failure, or met errors that the disk keeps to itself.
    """
    shown, cards = list(disks), list(controllers)
    by_tool = _by_tool(host, cards)
    return tuple(d if d.kind == "volume" else _with(d, told) if (told := _same(d, by_tool)) else d for d in shown)


def _key(disk: Disk) -> str:
    return "".join(usable_serial(disk.serial).lower().split())


def _late(host: Host, until: float) -> bool:
    if time.monotonic() < until:
        return False
    host.unreadable(FACT, f"not all disks were asked: those before took more than {_BUDGET:g} s")
    return True


def _megaraid(host: Host, cards: list[Controller], until: float) -> Iterator[Disk]:
    by_host = {c.name.removeprefix("host"): c for c in cards if c.driver in _MEGARAID}
    if not by_host:
        return
    scan = values.parsed(host.tool(*_SCAN, fact=FACT, timeout=60))
    for device in values.objects(scan.get("devices")):
        kind, path = values.text(device.get("type")), values.text(device.get("name"))
        if _late(host, until):
            return
        if "megaraid," in kind and re.fullmatch(r"/dev/[\w/]+", path):
            card = by_host.get(path.rpartition("/")[2])
            yield from _asked(host, kind, path, card.pci if card else "", FACT)


def _smart_array(host: Host, shown: list[Disk], cards: list[Controller], until: float) -> Iterator[Disk]:
    for card in (c for c in cards if c.driver in _SMART_ARRAY):
        volume = next((d for d in shown if d.kind == "volume" and d.controller == card.pci), None)
        if volume is None:
            continue
        silent = 0
        for number in range(_MOST):
            if _late(host, until):
                return
            answered = list(_asked(host, f"cciss,{number}", f"/dev/{volume.name}", card.pci, ""))
            yield from answered
            silent = 0 if answered else silent + 1
            if silent == _PATIENCE:
                break


def _asked(host: Host, kind: str, path: str, controller: str, fact: str) -> Iterator[Disk]:
    """The disk that smartctl reaches so; nothing when it reaches none, which is then unreadable if `fact` is given."""
    printed = host.tool(
        *smart.ASK, "-d", kind, path, fact=fact and f"{fact}.{kind} {path}", timeout=_TIMEOUT, tolerated=smart.BELIEVED
    )
    data = values.parsed(printed)
    disk = parse(data, f"{kind} {path}", controller)
    if disk is None:
        return
    if disk.health is None:
        host.unreadable(f"{FACT}.{disk.name}.health", smart.why(data))
    yield disk


def parse(data: dict[str, Any], name: str, controller: str = "") -> Disk | None:
    """The disk in smartctl's JSON; None when it holds no disk (no serial and no size), such as of an enclosure."""
    serial = values.text(data.get("serial_number"))
    size = values.whole(values.at(data, "user_capacity", "bytes"))
    if not serial and not size:
        return None
    rate, protocol = values.whole(data.get("rotation_rate")), values.text(values.at(data, "device", "protocol"))
    return Disk(
        name=name,
        kind=_kind(protocol, rate),
        size=size if size and size > 0 else None,
        rotational=None if rate is None else rate > 0,
        serial=serial,
        wwn=_wwn(data),
        model=values.first(data, "model_name", "scsi_model_name", "product"),
        firmware=values.first(data, "firmware_version", "scsi_revision", "revision"),
        transport={"ATA": "sata", "SCSI": "sas", "NVMe": "nvme"}.get(protocol, ""),
        logical_block=values.whole(data.get("logical_block_size")),
        health=smart.parse(data),
        controller=controller,
        power_loss_protection=True if smart.protected(data) else None,
    )


def _kind(protocol: str, rate: int | None) -> str:
    if protocol == "NVMe":
        return "nvme"
    return "unknown" if rate is None else "hdd" if rate > 0 else "ssd"


def _wwn(data: dict[str, Any]) -> str:
    naa, oui, own = (values.whole(values.at(data, "wwn", part)) for part in ("naa", "oui", "id"))
    if naa is not None and oui is not None and own is not None and min(naa, oui, own) >= 0:
        return f"0x{naa:x}{oui:06x}{own:09x}"
    return values.naa(values.text(data.get("logical_unit_id")))


def _joined(asked: list[Disk], told: list[Disk]) -> list[Disk]:
    """Each disk once, by its serial: what smartctl read, with the slot, and the worse health, that the tool tells."""
    both = [(d, _same(d, told)) for d in dict.fromkeys(asked)]
    joined = [_with(d, other) if other else d for d, other in both]
    return [*joined, *(d for d in told if not any(d is other for _, other in both))]


def _same(disk: Disk, told: list[Disk]) -> Disk | None:
    """The one with its serial, behind the same controller as far as that is known; None where two have it."""
    named = [d for d in told if _key(d) and _key(d) == _key(disk)]
    near = [d for d in named if not disk.controller or not d.controller or d.controller == disk.controller]
    return near[0] if len(near) == 1 else None


def _with(disk: Disk, told: Disk) -> Disk:
    return replace(
        disk,
        slot=disk.slot or told.slot,
        enclosure=disk.enclosure or told.enclosure,
        health=worse(disk.health, told.health),
        kind=told.kind if disk.kind == "unknown" else disk.kind,
        controller=disk.controller or told.controller,
    )
