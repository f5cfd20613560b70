"""All sources of error counters of one run, each in its own file.

`cheap` is what can be looked at after every check: /sys and the kernel's log. `all` asks the drives, rasdaemon's
database and the BMC's log too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from metalctl.model.inventory import Dimm, Disk, Inventory, Nic
from metalctl.node.counters.aer import aer
from metalctl.node.counters.drives import disks
from metalctl.node.counters.kernel_log import KernelLog
from metalctl.node.counters.memory import memory
from metalctl.node.counters.ports import ports
from metalctl.node.counters.rasdaemon import rasdaemon
from metalctl.node.counters.sel import Sel
from metalctl.node.counters.snapshot import Snapshot
from metalctl.node.counters.throttle import throttle

__all__ = ["Sources", "cheap", "memory", "ports"]

_GHES = "sys/bus/platform/drivers/GHES"


def cheap(nics: Iterable[Nic], root: Path = Path("/"), dimms: Iterable[Dimm] = ()) -> Snapshot:
    """Memory and port counters, from /sys only. dimms: the firmware's, by which a memory error is named."""
    return memory(root, dimms) + ports(nics, root)


class Sources:
    """The sources of one machine. history: see metalctl.model.watch.Watch; log: the BMC's, as read from outside."""

    def __init__(
        self,
        inventory: Inventory,
        root: Path = Path("/"),
        history: float | None = None,
        log: Iterable[tuple[str, str, str]] = (),
    ) -> None:
        self._inventory, self._root, self._history = inventory, root, history
        self._dimms: Sequence[Dimm] = inventory.memory.dimms
        self._parts = _by_address(inventory)
        self._kernel = KernelLog(root, self._dimms, self._parts)
        self._sel = Sel(root, self._dimms, history, log)

    def cheap(self) -> Snapshot:
        """What the kernel shows by itself."""
        found = cheap(self._inventory.nics, self._root, self._dimms) + throttle(self._root)
        found += aer(self._root, self._parts) + self._kernel.look()
        return found + Snapshot(sources={"ghes": self._ghes(found.sources["kernel-log"])})

    def all(self) -> Snapshot:
        """The same with what takes tools and time."""
        found = self.cheap() + disks(self._drives())
        disks_too = self._parts | {d.name: d.label for d in self._inventory.disks}
        found += rasdaemon(self._root, self._dimms, disks_too, self._history) + self._sel.look()
        return found + Snapshot(sources={"drives": _silent(found, self._drives())})

    def _drives(self) -> list[Disk]:
        """Every fixed drive; a RAID controller's volume is judged by the drives behind it, where these can be asked."""
        behind = [d for d in self._inventory.raid_disks if " /dev/" in d.name]  # those that smartctl reaches
        covered = {d.controller for d in behind}
        told = {d.name for d in self._inventory.disks if d.kind == "volume" and covered & {d.controller, ""}}
        shown = [d for d in self._inventory.disks if not d.removable and d.name not in told]
        return [*shown, *behind]

    def _ghes(self, log: str) -> str:
        """Firmware that reports errors to the kernel does so through its log."""
        bound = any(p.name.startswith("GHES") for p in (self._root / _GHES).glob("GHES*"))
        return log if bound else "the firmware reports no errors to the kernel (no GHES)"


def _silent(found: Snapshot, drives: Sequence[Disk]) -> str:
    mute = [f"{d.label}: {found.unreadable[d.label]}" for d in drives if d.label in found.unreadable]
    return "; ".join(mute) if drives else "no drive is listed"


def _by_address(inventory: Inventory) -> dict[str, str]:
    """PCI address → how a person finds the part: a drive and a port before the card that they are on."""
    cards = {d.address: " ".join(w for w in ("pcie", d.model, d.slot, d.address) if w) for d in inventory.pcie}
    ports = {n.pci: n.label for n in reversed(inventory.nics)}
    found = cards | ports | {d.pci: d.label for d in inventory.disks}
    return {address: part for address, part in found.items() if address}
