"""What the pages show that is not in the dossier as such: headline, timeline, bars, both inventories side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from metalctl.model.dossier import Dossier, Run
from metalctl.model.inventory import Inventory
from metalctl.model.measurement import Measurement
from metalctl.model.stage import ORDER, Condition
from metalctl.model.units import format_size
from metalctl.model.verdict import Verdict
from metalctl.report.judge import Judged, Judgement, last_records

_RANK = {Verdict.FAIL: 0, Verdict.UNKNOWN: 1, Verdict.PASS: 3, Verdict.SKIP: 2}


@dataclass(frozen=True, slots=True)
class Headline:
    """css: the class of its colour; word: the verdict; text: one sentence."""

    css: str
    word: str
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One stage: start and width as percentages of the whole time; css: its condition, or "none" when not reached."""

    stage: str
    css: str
    left: float = 0.0
    width: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gauge:
    """A measurement as a bar: fill, and the limits' ticks, as percentages of its length; None: cannot be drawn."""

    fill: float | None
    low: float | None
    high: float | None


def headline(dossier: Dossier, judgement: Judgement) -> Headline:
    """The verdict on top of the page."""
    at = dossier.stage.value
    number = len(judgement.blockers)
    blocked = f"{number} finding{'s stand' if number != 1 else ' stands'} in the way at “{at}”."
    waived = f"{len(judgement.waivers)} waived by name, shown below."
    if judgement.state == "failed":
        return Headline("fail", "FAILED", blocked if judgement.blockers else f"The stage “{at}” failed.")
    return {
        "undecided": Headline("unknown", "UNDECIDED", f"Something is UNKNOWN, and that is not a pass. {blocked}"),
        "accepted-with-waivers": Headline("waived", "ACCEPTED WITH WAIVERS", f"Everything else passed. {waived}"),
        "accepted": Headline("pass", "ACCEPTED", "Everything that was asked of it passed on the installed system."),
        "in-progress": Headline("progress", "IN PROGRESS", f"It is at “{at}” ({dossier.condition.value})."),
    }[judgement.state]


def tally(judgements: Iterable[Judgement]) -> dict[str, int]:
    """How many nodes are in each state."""
    return dict(Counter(j.state for j in judgements))


def timeline(dossier: Dossier, now: datetime) -> list[Bar]:
    """A bar for every stage of the path, reached or not."""
    records = last_records(dossier)
    spans = {s: (_time(r.started), _time(r.finished)) for s, r in records.items()}
    starts = [start for start, _ in spans.values() if start]
    first = min(starts, default=now)
    last = max([end or start or now for start, end in spans.values()], default=now)
    whole = max((last - first).total_seconds(), 1.0)
    bars = []
    for stage in ORDER:
        if stage not in records:
            bars.append(Bar(stage.value, "none", note="not reached"))
            continue
        record, (start, end) = records[stage], spans[stage]
        begin = start or first
        took = ((end or last) - begin).total_seconds()
        again = f" · attempt {record.attempts}" if record.attempts > 1 else ""
        note = (lasted(took) if end else record.condition.value) + again
        left = 100 * (begin - first).total_seconds() / whole
        bars.append(Bar(stage.value, _css(record.condition), left, max(100 * took / whole, 0.6), note))
    return bars


def gauge(measurement: Measurement) -> Gauge:
    """Where the value lies between nothing and somewhat beyond the farthest of value and limits."""
    limits = [x for x in (measurement.at_least, measurement.at_most) if x is not None]
    value = measurement.value
    top = max(
        [abs(x) for x in limits] + ([abs(value)] if value == value and abs(value) != float("inf") else []), default=0.0
    )
    if not top or not limits:
        return Gauge(None, None, None)

    def place(x: float | None) -> float | None:
        return None if x is None or x != x else min(100.0, max(0.0, 100 * x / (top * 1.15)))

    return Gauge(place(value), place(measurement.at_least), place(measurement.at_most))


def runs(judgement: Judgement) -> list[tuple[Run, list[Judged]]]:
    """The check results by run, what is wrong first."""
    grouped: dict[str, tuple[Run, list[Judged]]] = {}
    for check in judgement.checks:
        grouped.setdefault(check.run.run_id, (check.run, []))[1].append(check)
    for _, checks in grouped.values():
        checks.sort(key=lambda c: _RANK[c.verdict])
    return list(grouped.values())


def facts(dossier: Dossier) -> list[tuple[str, str, str]]:
    """Name, in-band, out-of-band of the facts that both sides may state."""
    inside = _facts(dossier.installed or dossier.in_band)
    outside = _facts(dossier.out_of_band)
    return [(name, inside.get(name, ""), outside.get(name, "")) for name in inside | outside]


def _facts(inventory: Inventory | None) -> dict[str, str]:
    if inventory is None:
        return {}
    cpu, memory, who = inventory.cpu, inventory.memory, inventory.identity
    cores = (
        "" if cpu.cores is None else f"{cpu.sockets or '?'} × socket, {cpu.cores} cores, {cpu.threads or '?'} threads"
    )
    dimms = f" in {len(memory.modules)} DIMMs" if memory.dimms else ""
    found = {
        "Machine": f"{who.manufacturer} {who.product}".strip(),
        "Serial": who.serial,
        "UUID": who.uuid,
        "CPU": cpu.model,
        "Cores": cores,
        "Virtualization": "" if cpu.virtualization is None else (cpu.virtualization or "off") + _kvm(inventory),
        "IOMMU": "" if cpu.iommu is None else ("on" if cpu.iommu else "off"),
        "Memory": "" if memory.total is None else format_size(memory.total) + dimms,
        "ECC": "" if memory.ecc is None else ("yes" if memory.ecc else "no"),
        "Disks": _kinds(inventory),
        "Ports": str(len(inventory.nics) or ""),
        "Boot mode": inventory.boot_mode + (", Secure Boot" if inventory.secure_boot else ""),
        "Kernel": inventory.kernel,
        "BMC": inventory.bmc_address,
    }
    return {name: value for name, value in found.items() if value}


def _kvm(inventory: Inventory) -> str:
    if inventory.cpu.kvm is None:
        return ""
    return ", /dev/kvm opens" if inventory.cpu.kvm else f", /dev/kvm does not open ({inventory.cpu.kvm_reason})"


def _kinds(inventory: Inventory) -> str:
    counted = Counter(disk.kind for disk in inventory.disks)
    return ", ".join(f"{n} × {kind}" for kind, n in sorted(counted.items()))


def _css(condition: Condition) -> str:
    return {Condition.DONE: "pass", Condition.FAILED: "fail", Condition.HELD: "unknown"}.get(condition, "progress")


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def when(text: str) -> str:
    """An ISO time as a person reads it; what is no time stays as it is."""
    at = _time(text)
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if at else text


def lasted(seconds: float) -> str:
    """A duration to two places: "3 min 20 s"."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.3g} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
