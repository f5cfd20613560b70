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

import difflib
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from metalctl.bmc.errors import BmcError
from metalctl.bmc.find.tree import Mistake, Node, load
from metalctl.content.secrets import SecretError, check_reference
from metalctl.model.errors import UsageError
from metalctl.model.identity import usable_mac, usable_serial

KEYS = ("name", "mac", "serial", "address", "credential", "rack", "unit", "role")
MOST_TOLD = 50
TALLEST = 100  # rack units
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")


class ManifestErrors(BmcError, UsageError):
    """Every mistake of a manifest at once, in `problems` as "file:line: …"; nothing of it was used."""

    def __init__(self, file: str, mistakes: list[Mistake]) -> None:
        found = sorted(dict.fromkeys(mistakes), key=lambda m: m.line)
        self.problems = tuple(f"{file}:{m.line}: {m.message}" if m.line else f"{file}: {m.message}" for m in found)
        told = list(self.problems[:MOST_TOLD])
        if len(self.problems) > MOST_TOLD:
            told.append(f"and {len(self.problems) - MOST_TOLD} more")
        super().__init__("\n".join(told), hint="correct these lines; nothing was done", problems=self.problems)


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
    mistakes: list[Mistake] = []
    root = load(Path(path), mistakes)
    machines = _Reader(mistakes).read(root) if root else []
    if not root and not mistakes:
        mistakes.append(Mistake(1, "the file is empty; it holds `machines:` and a list"))
    if mistakes:
        raise ManifestErrors(str(path), mistakes)
    return machines


class _Wrong(Exception):
    """What was expected."""


class _Reader:
    def __init__(self, mistakes: list[Mistake]) -> None:
        self._mistakes = mistakes
        self._default = ""
        self._first: dict[tuple[str, object], int] = {}

    def read(self, root: Node) -> list[Machine]:
        if root.kind != "mapping":
            self._note(root.line, f"expected `machines:` and a list, got {root.shown}")
            return []
        self._known(root, ("credential", "machines"))
        self._default = self._value(root, "credential", _reference)
        listed = root.keys.get("machines")
        if listed is None or listed.kind != "list" or not listed.items:
            line = root.lines.get("machines", root.line)
            self._note(line, "machines: expected a list of at least one machine")
            return []
        return [self._machine(item) for item in listed.items]

    def _machine(self, node: Node) -> Machine:
        if node.kind != "mapping":
            self._note(node.line, f"expected a machine such as {{mac: …, serial: …}}, got {node.shown}")
            return Machine()
        self._known(node, KEYS)
        read = {name: self._value(node, name, _READERS[name]) for name in KEYS}
        machine = Machine(
            name=read["name"],
            mac=read["mac"],
            serial=read["serial"],
            address=read["address"],
            credential_ref=read["credential"] or self._default,
            rack=read["rack"],
            unit=int(read["unit"]) if read["unit"] else None,
            role=read["role"],
            line=node.line,
        )
        if not node.keys.keys() & {"mac", "serial"}:
            self._note(node.line, "a machine needs `mac` or `serial`: nothing else tells it from another")
        if not machine.credential_ref and "credential" not in node.keys:
            self._note(node.line, "`credential` is missing here, and there is none for all machines")
        if machine.unit and not machine.rack:
            self._note(node.lines["unit"], "unit: a rack unit needs its `rack`")
        self._unique(node, machine)
        return machine

    def _unique(self, node: Node, machine: Machine) -> None:
        place = (machine.rack, machine.unit) if machine.rack and machine.unit else ""
        for name, value in (("name", machine.name), ("mac", machine.mac), ("serial", machine.serial),
                            ("address", machine.address), ("unit", place)):  # fmt: skip
            if not value:
                continue
            line = node.lines.get(name, node.line)
            if (name, value) in self._first:
                first = self._first[name, value]
                self._note(line, f"{name}: {node.keys[name].shown} is already in line {first}")
            self._first.setdefault((name, value), line)

    def _known(self, node: Node, names: tuple[str, ...]) -> None:
        for key, line in node.lines.items():
            if key not in names:
                near = difflib.get_close_matches(key[:60], names, 1)
                hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}"
                self._note(line, f"no key is called {key[:60]!r}; {hint}")

    def _value(self, node: Node, name: str, read: Callable[[str], str]) -> str:
        value = node.keys.get(name)
        if value is None:
            return ""
        try:
            if value.kind != "scalar" or not value.text.strip():
                raise _Wrong("a value")
            return read(value.text.strip())
        except _Wrong as wrong:
            # A credential that is no reference may be the secret itself: it is not repeated.
            got = "" if name == "credential" else f", got {value.shown if value.text or value.items else 'nothing'}"
            self._note(node.lines[name], f"{name}: expected {wrong}{got}")
            return ""

    def _note(self, line: int, message: str) -> None:
        self._mistakes.append(Mistake(line, message))


def _name(text: str) -> str:
    if not _NAME.fullmatch(text.lower()):
        raise _Wrong("a host name (letters, digits and hyphens, at most 63)")
    return text.lower()


def _mac(text: str) -> str:
    if not (mac := usable_mac(text)):
        raise _Wrong("the MAC address of a BMC, such as b0:7b:25:d6:51:82")
    return mac


def _serial(text: str) -> str:
    if len(text) > 64 or not (serial := usable_serial(text)):
        raise _Wrong("a serial that means something")
    return serial


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise _Wrong("an IP address") from None


def _reference(text: str) -> str:
    try:
        check_reference(text)
    except SecretError as error:
        raise _Wrong(f"a credential reference; {error.hint}") from None
    return text


def _rack(text: str) -> str:
    if len(text) > 64 or not text.isprintable():
        raise _Wrong("the name of a rack, at most 64 characters")
    return text


def _unit(text: str) -> str:
    plain = text.upper().removeprefix("U")
    if not (plain.isascii() and plain.isdigit() and len(plain) < 5 and 1 <= int(plain) <= TALLEST):
        raise _Wrong(f"a rack unit, 1 to {TALLEST}")
    return plain


def _role(text: str) -> str:
    if not _ROLE.fullmatch(text):
        raise _Wrong("the name of a profile")
    return text


_READERS: dict[str, Callable[[str], str]] = {
    "name": _name, "mac": _mac, "serial": _serial, "address": _address,
    "credential": _reference, "rack": _rack, "unit": _unit, "role": _role,
}  # fmt: skip
