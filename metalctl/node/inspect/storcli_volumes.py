"""Virtual drives in the JSON of storcli and perccli: `/cX/vall show all J`, in the form of either generation.

First:  "/c0/v1": [row], "PDs for VD 1": [rows], "VD1 Properties": {}
Second: "Virtual Drives": [{"VD Info": row, "PDs": [rows], "VD Properties": {}}]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from metalctl.model.inventory import Volume
from metalctl.node.inspect import values
from metalctl.node.inspect.host import Host

_VIRTUAL = re.compile(r"/c\d{1,3}/v(\d{1,4})")
_STATES = {
    "optl": "ok", "optimal": "ok", "dgrd": "warning", "degraded": "warning", "pdgd": "warning", "rec": "warning",
    "recovery": "warning", "ofln": "critical", "offline": "critical", "failed": "critical",
}  # fmt: skip
# What the volume's properties say "Yes" to when part of it is lost.
_LOSSES = re.compile(r"bad blocks? exists?|reached ld bbm failure threshold", re.IGNORECASE)

Part = dict[str, Any]


def parse(host: Host | None, told: Part, controller: str) -> list[Volume]:
    """Every virtual drive that the kernel shows, in the tool's order; members: "252:0", as of the disks.

    host: finds the kernel's name of one by its NAA where the tool does not state it.
    """
    found = []
    for row, members, about in (*_first(told), *_second(told)):
        name = values.text(about.get("OS Drive Name")) or _by_naa(host, values.text(about.get("SCSI NAA Id")))
        if name.startswith("/dev/"):
            found.append(_volume(name, row, values.objects(members), about, controller))
    return found


def _first(told: Part) -> Iterator[tuple[Part, Any, Part]]:
    for key, rows in told.items():
        if match := _VIRTUAL.fullmatch(key):
            row = next(iter(values.objects(rows)), {})
            yield row, told.get(f"PDs for VD {match[1]}"), values.part(told.get(f"VD{match[1]} Properties"))


def _second(told: Part) -> Iterator[tuple[Part, Any, Part]]:
    for one in values.objects(told.get("Virtual Drives")):
        yield values.part(one.get("VD Info")), one.get("PDs"), values.part(one.get("VD Properties"))


def _volume(name: str, row: Part, members: list[Part], about: Part, controller: str) -> Volume:
    slots = (values.text(m.get("EID:Slt")).replace(" ", "") for m in members)
    health = _STATES.get(values.text(row.get("State")).lower(), "")
    lost = any(_LOSSES.fullmatch(k.strip()) and values.text(v).lower() == "yes" for k, v in about.items())
    return Volume(
        name=name.removeprefix("/dev/"),
        level=values.text(row.get("TYPE")).lower(),
        members=tuple(s for s in slots if s),
        controller=controller,
        health="warning" if lost and health == "ok" else health,
    )


def _by_naa(host: Host | None, naa: str) -> str:
    if host is None or not naa:
        return ""
    wanted = f"naa.{naa.lower()}"
    names = (n for n in host.names("/sys/block") if host.text(f"/sys/block/{n}/device/wwid").lower() == wanted)
    return next((f"/dev/{n}" for n in names), "")
