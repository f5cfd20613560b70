"""A `Directory` in memory: nodes known by MAC or UUID. For tests, and for running the boot service alone.

    memory = Memory()
    memory.add(Machine("node1", macs=("52:54:00:00:00:01",), action="ramdisk", authorized_keys=(key,)))

It forgets everything when the process ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from metalctl.boot import tokens
from metalctl.boot.errors import Refused
from metalctl.boot.tokens import TokenRecord
from metalctl.model.boot import BootIntent, PhoneHome, Welcome
from metalctl.model.identity import usable_macs, usable_uuid
from metalctl.model.run import News
from metalctl.model.uuids import same_uuid


@dataclass(frozen=True, slots=True)
class Machine:
    """A node as this directory knows it. action: as in BootIntent. options: extra words of the kernel command line."""

    name: str
    macs: tuple[str, ...] = ()
    uuid: str = ""
    action: str = "local"
    authorized_keys: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


class Memory:
    """See the module. `sightings` and `reports` are what was seen, oldest first; read them as you like."""

    def __init__(self, clock: Callable[[], float] = time.time, token_life: float = tokens.LIFE) -> None:
        self._clock, self._life = clock, token_life
        self._lock = threading.Lock()
        self._machines: dict[str, Machine] = {}
        self._tokens: dict[str, TokenRecord] = {}
        self.sightings: list[tuple[str, str]] = []
        self.reports: list[PhoneHome] = []

    def add(self, machine: Machine) -> None:
        """Know this machine, or know it anew."""
        with self._lock:
            self._machines[machine.name] = machine

    def act(self, name: str, action: str) -> None:
        """Change what the machine boots next. Raises KeyError for one that was never added."""
        with self._lock:
            self._machines[name] = replace(self._machines[name], action=action)

    def token(self, node: str, kind: str) -> str:
        """A fresh token for that node; an earlier one that was not used yet is worth nothing from now on."""
        with self._lock:
            return self._issue(node, kind)

    def intent(self, macs: Sequence[str], uuid: str) -> BootIntent | None:
        with self._lock:
            machine = self._known(macs, uuid)
            if machine is None:
                return None
            token = self._issue(machine.name, "ramdisk") if machine.action == "ramdisk" else ""
            return BootIntent(machine.name, machine.action, token, machine.options)

    def welcome(self, report: PhoneHome) -> Welcome:
        with self._lock:
            key = tokens.digest(report.token)
            self._tokens[key] = tokens.spend(self._tokens.get(key), report, self._clock())
            machine = self._machines.get(report.node)
            if machine is None:
                raise Refused("unknown-node", f"{report.node} is no longer enrolled")
            self.reports.append(report)
            return Welcome(machine.authorized_keys, machine.name)

    def news(self, news: News) -> bool:
        """Nobody runs anything here."""
        return False

    def sighting(self, mac: str, what: str) -> None:
        with self._lock:
            self.sightings.append((mac, what))

    def _known(self, macs: Sequence[str], uuid: str) -> Machine | None:
        for machine in self._machines.values():
            if usable_macs(machine.macs) & usable_macs(macs):
                return machine
        told = usable_uuid(uuid)
        return next((m for m in self._machines.values() if same_uuid(told, m.uuid)), None)

    def _issue(self, node: str, kind: str) -> str:
        token, record = tokens.issue(node, kind, self._clock(), self._life)
        fresh = [d for d, r in self._tokens.items() if (r.node, r.kind, r.boot_id) == (node, kind, "")]
        for stale in fresh:
            del self._tokens[stale]
        self._tokens[record.digest] = record
        return token
