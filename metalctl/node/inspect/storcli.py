"""What storcli, perccli, storcli2 or perccli2 tell of MegaRAID and PERC controllers, their disks and volumes, as JSON.

Not in Debian: they are asked only where they are installed, the ones of the second generation for the driver of its
cards. Three calls for all cards of a driver: `/call show all J`, `/call/eall/sall show all J`, `/call/vall show all J`
(and `/call/sall` where a disk hangs on the card itself). A card has a number only within its tool, so each answer is
known by the card's PCI address. The JSON of the two generations differs: storcli_drives.py, storcli_volumes.py.

The exit code is not believed: it is that of the last card, and one without volumes is a failure to the tool.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from metalctl.model.inventory import Controller, Disk, Volume
from metalctl.node.inspect import storcli_cards, storcli_drives, storcli_volumes, values
from metalctl.node.inspect.host import Host

_FIRST = (
    "/opt/MegaRAID/storcli/storcli64", "/opt/MegaRAID/perccli/perccli64", "/usr/sbin/storcli64", "/usr/sbin/perccli64",
    "/usr/sbin/storcli", "/usr/sbin/perccli", "/usr/local/sbin/storcli64", "/usr/local/sbin/perccli64",
)  # fmt: skip
_SECOND = (
    "/opt/MegaRAID/storcli2/storcli2", "/opt/MegaRAID/perccli2/perccli2", "/usr/sbin/storcli2", "/usr/sbin/perccli2",
    "/usr/local/sbin/storcli2", "/usr/local/sbin/perccli2",
)  # fmt: skip
TOOLS = {"megaraid_sas": _FIRST, "mpi3mr": _SECOND}
_CARDS = ("/call", "show", "all", "J")
_VOLUMES = ("/call/vall", "show", "all", "J")
_DRIVES = ("/call/eall/sall", "show", "all", "J")
_DIRECT = ("/call/sall", "show", "all", "J")
_ANY = 0xFF
_NONE = re.compile(r"no (pd|vd|drive|virtual|physical)|not found|not have|un-?supported", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool says of one card. pci: "" where nobody could tell which card it is; index: the tool's number."""

    tool: str
    pci: str
    index: str
    told: dict[str, Any]


def collect(host: Host, controllers: Iterable[Controller]) -> list[Disk]:
    """The disks that the tools list; nothing where there is no such controller or no such tool.

    What only the short list of a card has is kept too: a disk without details is still there.
    """
    cards = list(controllers)
    found = _drives(host, cards, _DRIVES, "raid_disks")
    short = {
        (a.tool, d.name): d
        for a in _answers(host, cards, _CARDS)
        for d in storcli_drives.listed(a.told, a.index, a.pci)
    }
    if any(d.slot.startswith(":") for d in short.values()):
        found = _drives(host, cards, _DIRECT, "raid_disks") | found
    return list((found | {key: d for key, d in short.items() if key not in found}).values())


def _drives(host: Host, cards: list[Controller], what: tuple[str, ...], fact: str) -> dict[tuple[str, str], Disk]:
    """By the tool and its name of the drive, which two cards never share."""
    answers = _answers(host, cards, what, fact)
    return {(a.tool, d.name): d for a in answers for d in storcli_drives.parse(a.told, a.index, a.pci)}


def volumes(host: Host, controllers: Iterable[Controller]) -> list[Volume]:
    """The virtual drives that the tools list, by the kernel's name of each."""
    answers = _answers(host, list(controllers), _VOLUMES, "volumes")
    return [v for a in answers for v in storcli_volumes.parse(host, a.told, a.pci)]


def judged(host: Host, controllers: Iterable[Controller]) -> list[Controller]:
    """The controllers, those that the tools know with their health and what is wrong with them."""
    cards = list(controllers)
    told = {a.pci: a.told for a in _answers(host, cards, _CARDS, "controllers.health") if a.pci}
    return [storcli_cards.judged(c, told[c.pci]) if c.pci in told else c for c in cards]


def _answers(host: Host, controllers: list[Controller], what: tuple[str, ...], fact: str = "") -> list[Answer]:
    found = []
    for driver, places in TOOLS.items():
        cards = [c for c in controllers if c.driver == driver]
        tool = _tool(host, places) if cards else ""
        if tool:
            addresses = _addresses(_asked(host, tool, _CARDS), {c.pci for c in cards})
            data = _asked(host, tool, what, fact)
            found += [Answer(tool, addresses.get(i, _only(cards, data)), i, told) for i, told in _responses(data)]
            _refused(host, data, fact)
    return found


def _tool(host: Host, places: tuple[str, ...]) -> str:
    """The first tool that is there and knows a card: another maker's sees none."""
    there = [place for place in places if host.exists(place)]
    knowing = (place for place in there if _responses(_asked(host, place, _CARDS)))
    return next(knowing, next(iter(there), ""))


def _asked(host: Host, tool: str, what: tuple[str, ...], fact: str = "") -> dict[str, Any]:
    return values.parsed(host.once(tool, *what, fact=fact, timeout=60, tolerated=_ANY))


def _responses(data: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(the card's number, what is said of it) of each card that says something."""
    cards = values.objects(data.get("Controllers"))
    told = ((_index(c), c.get("Response Data")) for c in cards)
    return [(index, response) for index, response in told if isinstance(response, dict) and index]


def _index(card: dict[str, Any]) -> str:
    number = values.at(card, "Command Status", "Controller")
    return "0" if number is None else str(number).strip()


def _refused(host: Host, data: dict[str, Any], fact: str) -> None:
    """A card that would not tell; that it has no disks or volumes is an answer."""
    for card in values.objects(data.get("Controllers")):
        status = values.at(card, "Command Status")
        said = values.text(values.at(status, "Description"))
        if fact and values.text(values.at(status, "Status")).lower() == "failure" and not _NONE.search(said):
            host.unreadable(fact, f"controller {_index(card)}: {said or 'its tool failed'}")


def _only(cards: list[Controller], data: dict[str, Any]) -> str:
    return cards[0].pci if len(cards) == len(_responses(data)) == 1 else ""


def _addresses(data: dict[str, Any], known: set[str]) -> dict[str, str]:
    """The tool's number of a card → its PCI address, of the cards that the kernel knows."""
    return {index: pci for index, told in _responses(data) if (pci := next(_places(told, known), ""))}


def _places(told: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    """ "00:c1:00:00" (domain, bus, device, function) as the kernel writes it: in hex, or in decimal if only that is."""
    stated = [values.at(told, *path, "PCI Address") for path in ((), ("Basics",), ("HostInterface",), ("Bus",))]
    for parts in (values.text(text).split(":") for text in stated):
        for base in (16, 10) if len(parts) == 4 else ():
            try:
                domain, bus, device, function = (int(part, base) for part in parts)
            except ValueError:
                continue
            if (pci := f"{domain:04x}:{bus:02x}:{device:02x}.{function:x}") in known:
                yield pci
