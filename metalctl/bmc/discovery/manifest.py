"""The machines that are expected: what was bought and where it was racked, so that nobody else's is enrolled.

    credential: file:/etc/metalctl/secrets.json#factory   # for every machine that names none
    machines:
      - name: r7n01                  # may be left out
        mac: b0:7b:25:d6:51:82       # of the BMC, as printed on the pull-out tag
        serial: F54P1G3              # of the system; at least one of mac and serial
        address: 10.0.0.11           # may be left out: then it is found by MAC or serial
        credential: env:RACK7
        rack: R7
        unit: 12
        role: compute                # the profile to enroll it with

Every mistake is reported at once, with file and line.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from metalctl.bmc.errors import BmcError
from metalctl.content import yaml
from metalctl.content.errors import Mistakes
from metalctl.content.secrets import SecretError, check_reference
from metalctl.model.identity import usable_mac, usable_serial

TALLEST = 100  # rack units
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_ROLE = yaml.matching(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}", "the name of a profile")
_LIMITS = yaml.Limits(size=2 << 20, depth=8, values=100_000)  # some 6,000 machines


class ManifestErrors(BmcError, Mistakes):
    """Every mistake of a manifest at once; nothing of it was used."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One expected machine. mac: of the BMC; unit: rack unit, from 1; line: in the manifest. "" or None: not stated."""

    name: str = ""
    mac: str = ""
    serial: str = ""
    address: str = ""
    credential_ref: str = ""
    rack: str = ""
    unit: int | None = None
    role: str = ""
    line: int = 0

    @property
    def label(self) -> str:
        """How a person finds it."""
        where = f"{self.rack} U{self.unit}" if self.rack and self.unit else self.rack
        told = (self.name, where, self.serial and f"serial {self.serial}", self.mac and f"BMC {self.mac}")
        return ", ".join(t for t in told if t)


def read_manifest(path: str | Path) -> list[Machine]:
    """Every machine of the file; raises ManifestErrors with all that is wrong."""
    problems: list[yaml.Problem] = []
    tree = yaml.mapping(Path(path), "`machines:` and a list", problems, _LIMITS)
    machines = _machines(yaml.Reader(tree, "", problems)) if tree else []
    if problems:
        raise ManifestErrors(problems, hint="correct these lines; nothing was done")
    return machines


def _machines(top: yaml.Reader) -> list[Machine]:
    default = top.value("credential", _reference, "")
    items = top.mappings("machines", needed=True)
    machines = [_machine(item, default, "credential" in top.node.items) for item in items]
    for what in ("name", "mac", "serial", "address"):
        top.unique("machines", what, [getattr(m, what) for m in machines])
    top.unique("machines", "unit", [f"{m.rack} U{m.unit}" if m.rack and m.unit else "" for m in machines])
    top.done()
    return machines


def _machine(r: yaml.Reader, default: str, for_all: bool) -> Machine:
    machine = Machine(
        name=r.value("name", _name, ""),
        mac=r.value("mac", _mac, ""),
        serial=r.value("serial", _serial, ""),
        address=r.value("address", _address, ""),
        credential_ref=r.value("credential", _reference, "") or default,
        rack=r.value("rack", _rack, ""),
        unit=r.value("unit", _unit, None),
        role=r.value("role", _ROLE, ""),
        line=r.node.place.line,
    )
    r.done()
    place, keys = r.node.place, r.node.items.keys()
    if not keys & {"mac", "serial"}:
        r.wrong(place, f"{r.path}: a machine needs `mac` or `serial`: nothing else identifies it")
    if not for_all and "credential" not in keys:
        r.wrong(place, f"{r.path}: `credential` is missing here, and there is none for all machines")
    if machine.unit and not machine.rack:
        r.wrong(r.place("unit"), f"{r.path}.unit: a rack unit needs its `rack`")
    return machine


def _name(text: str) -> str:
    if not _NAME.fullmatch(text.lower()):
        raise yaml.Mismatch("a host name (letters, digits and hyphens, at most 63)")
    return text.lower()


def _mac(text: str) -> str:
    if not (mac := usable_mac(text)):
        raise yaml.Mismatch("the MAC address of a BMC, such as b0:7b:25:d6:51:82")
    return mac


def _serial(text: str) -> str:
    if len(text) > 64 or not (serial := usable_serial(text)):
        raise yaml.Mismatch("a serial that means something")
    return serial


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise yaml.Mismatch("an IP address") from None


def _reference(text: str) -> str:
    try:
        check_reference(text)
    except SecretError as error:
        # What is no reference may be the secret itself: it is not repeated.
        raise yaml.Mismatch("a credential reference", error.hint, secret=True) from None
    return text


def _rack(text: str) -> str:
    if not text.strip() or len(text) > 64 or not text.isprintable():
        raise yaml.Mismatch("the name of a rack, at most 64 characters")
    return text


def _unit(text: str) -> int:
    plain = text.strip().upper().removeprefix("U")
    if not (plain.isascii() and plain.isdigit() and len(plain) < 5 and 1 <= int(plain) <= TALLEST):
        raise yaml.Mismatch(f"a rack unit, 1 to {TALLEST}")
    return int(plain)
