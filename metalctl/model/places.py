"""Where a disk is missing: the empty bay, from the numbers of the bays in use, or from machines that are built alike.

A bay between two that are in use is empty by this machine's own word. Beyond the last one only another machine of the
same make tells whether there is a bay at all, and whether a disk belongs there.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from metalctl.model.finding import Finding, Fru
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.verdict import Verdict

_NUMBERED = re.compile(r"(?P<before>.*?)(?P<number>\d{1,3})(?P<after>\D*)")
_COUNT = re.compile(r"disks\..*\.count")
_SHOWN = 8
PEERS = 5  # as many machines tell what is usual


def gaps(disks: Iterable[Disk]) -> tuple[str, ...]:
    """The bays that are empty between the first and the last in use, as the chassis labels the others."""
    used: dict[tuple[str, str, str], dict[int, int]] = defaultdict(dict)
    for disk in disks:
        if disk.slot and (label := _NUMBERED.fullmatch(disk.slot)):
            row = used[disk.enclosure, label["before"], label["after"]]
            row[int(label["number"])] = len(label["number"])
    return tuple(
        f"{before}{number:0{min(numbers.values())}}{after}"
        for (_, before, after), numbers in used.items()
        for number in range(min(numbers), max(numbers))
        if number not in numbers
    )


def usual(inventory: Inventory, peers: Sequence[Inventory]) -> tuple[str, ...]:
    """The bays in which every machine of the same make has a disk, and this one has none."""
    alike = [p for p in peers if _make(p) == _make(inventory) and any(_make(p))]
    filled = Counter(slot for peer in alike for slot in {d.slot for d in peer.disks if d.slot})
    own = {d.slot for d in inventory.disks}
    return tuple(sorted((s for s, n in filled.items() if n == len(alike) and s not in own), key=_natural))


def named(findings: Iterable[Finding], inventory: Inventory, peers: Sequence[Inventory]) -> tuple[Finding, ...]:
    """The same findings; a disk that is missing, nobody knows where, is named by the bay that its peers fill."""
    places = usual(inventory, peers)
    return tuple(_placed(f, places) if places and lacks_place(f) else f for f in findings)


def lacks_place(finding: Finding) -> bool:
    """Whether it says that disks are missing and names neither a part nor a bay."""
    return finding.verdict is Verdict.FAIL and not finding.part and _COUNT.fullmatch(finding.requirement) is not None


def _placed(finding: Finding, places: tuple[str, ...]) -> Finding:
    part = f"{words(places)}, where machines of the same make have a disk"
    return replace(finding, part=part, frus=frus(places))


def frus(places: Sequence[str]) -> tuple[Fru, ...]:
    """The empty bays as parts that a person can fill."""
    return tuple(Fru("disk", place) for place in places[:_SHOWN])


def words(places: Sequence[str]) -> str:
    """ "bay 3 is empty", or which of them are."""
    shown = [place if re.search(r"[^\W\d]", place) else f"bay {place}" for place in places[:_SHOWN]]
    more = [f"{len(places) - _SHOWN} more"] if len(places) > _SHOWN else []
    *most, last = [*shown, *more]
    return f"{', '.join(most)} and {last} are empty" if most else f"{last} is empty"


def _make(inventory: Inventory) -> tuple[str, str]:
    return inventory.identity.manufacturer, inventory.identity.product


def _natural(label: str) -> list[tuple[int, str]]:
    return [(int(word), "") if word.isdigit() else (0, word) for word in re.split(r"(\d+)", label)]
