"""Where counters of memory and ports are read: /sys. Those of drives are drives.py's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from metalctl.model.frus import of_dimm
from metalctl.model.inventory import Dimm, Nic
from metalctl.node import edac
from metalctl.node.counters.snapshot import Counter, Snapshot

# Serious: the wire, the cable or the port is bad. Not serious: load, or frames that nobody wanted.
_NIC = {
    "statistics/rx_errors": True,
    "statistics/tx_errors": True,
    "statistics/rx_crc_errors": True,
    "statistics/rx_frame_errors": True,
    "statistics/tx_carrier_errors": True,
    "carrier_down_count": True,
    "statistics/rx_dropped": False,
    "statistics/tx_dropped": False,
    "statistics/rx_missed_errors": False,
}


def cheap(nics: Iterable[Nic], root: Path = Path("/"), dimms: Iterable[Dimm] = ()) -> Snapshot:
    """Memory and port counters, from /sys only. dimms: the firmware's, by which a memory error is named."""
    return memory(root, dimms) + ports(nics, root)


def memory(root: Path, dimms: Iterable[Dimm] = ()) -> Snapshot:
    """Corrected and uncorrected memory errors: by DIMM where the driver's label names its slot, else by the driver's
    word; a controller's own sums only where it does not count by module, and what it could give to no module."""
    names, text = _names(root), _file_text(root)
    controllers = edac.controllers(names)
    if not controllers:
        return Snapshot(unreadable={"edac": "no memory controller driver is loaded"})
    found, known = Snapshot(), list(dimms)
    for controller in controllers:
        modules = edac.modules(names, text, controller)
        found += _by_module(modules, known)
        corrected, uncorrected = (any(c is not None for c in _all(modules, f)) for f in ("corrected", "uncorrected"))
        sums = ("ce_noinfo_count" if corrected else "ce_count", "ue_noinfo_count" if uncorrected else "ue_count")
        for name in sums:
            path = root / edac.ROOT.lstrip("/") / controller / name
            found += _file(path, Counter(f"memory controller {controller}", name))
    return found


def _all(modules: Iterable[edac.Module], fact: str) -> list[int | None]:
    return [getattr(m, fact) for m in modules]


def _by_module(modules: list[edac.Module], dimms: list[Dimm]) -> Snapshot:
    joined, unnamed = edac.by_dimm(modules, dimms)
    fitted = {d.slot: d for d in dimms if d.size}
    groups = {str(of_dimm(fitted[slot])): counted for slot, counted in joined.items()}
    for module in unnamed:
        groups.setdefault(f"dimm {module.label or module.place}", []).append(module)
    values = {}
    for part, counted in groups.items():
        for name, fact in (("dimm_ce_count", "corrected"), ("dimm_ue_count", "uncorrected")):
            if (count := edac.total(_all(counted, fact))) is not None:
                values[Counter(part, name)] = count
    return Snapshot(values)


def ports(nics: Iterable[Nic], root: Path) -> Snapshot:
    """Error counters of every port of the inventory."""
    found = Snapshot()
    for nic in nics:
        for name, serious in _NIC.items():
            path = root / "sys/class/net" / nic.name / name
            found += _file(path, Counter(nic.label, name.rsplit("/")[-1], serious))
    return found


def _file(path: Path, counter: Counter, read: Callable[[Path], str] = Path.read_text) -> Snapshot:
    try:
        return Snapshot({counter: int(read(path))})
    except FileNotFoundError:
        return Snapshot()  # not every driver has every counter
    except (OSError, ValueError) as odd:
        return Snapshot(unreadable={f"{counter.part} {counter.name}": str(odd)})


def _file_text(root: Path) -> edac.Text:
    def text(path: str) -> str:
        try:
            return (root / path.lstrip("/")).read_text(errors="replace").strip(" \t\r\n\0")
        except OSError:
            return ""

    return text


def _names(root: Path) -> edac.Names:
    def names(path: str) -> list[str]:
        try:
            return sorted(p.name for p in (root / path.lstrip("/")).iterdir())
        except OSError:
            return []

    return names
