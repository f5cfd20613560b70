"""What `metalctl discover` shows and writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from metalctl.bmc import Probe
from metalctl.bmc.discovery.expected import Comparison
from metalctl.bmc.discovery.scan import Progress, discover
from metalctl.bmc.many import more_descriptors
from metalctl.cli._layout import fold, paint, records
from metalctl.model.verdict import Verdict

SHOWN_AFTER = 2.0
LINE_EVERY = 5.0
DESCRIPTORS = 8192  # many connects are open at once in a large network of silent addresses


@dataclass(frozen=True, slots=True)
class Wish:
    """The command line."""

    targets: tuple[str, ...]
    rate: float
    exclude: tuple[str, ...]
    timeout: float
    ports: tuple[int, ...]
    ipmi_port: int
    protocols: tuple[str, ...]
    authorities: Path | None = None


def scan(wish: Wish) -> Iterator[Probe]:
    """The BMCs, as they answer; progress goes to standard error once it takes longer than two seconds."""
    more_descriptors(DESCRIPTORS)
    with _shown() as progress:
        yield from discover(
            wish.targets,
            rate=wish.rate,
            exclude=wish.exclude,
            timeout=wish.timeout,
            ports=wish.ports,
            ipmi_port=wish.ipmi_port,
            protocols=wish.protocols,
            authorities=wish.authorities,
            progress=progress,
            warn=lambda line: click.echo(f"! {line}", err=True),
        )


@contextmanager
def _shown() -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal, else a line now and then."""
    import time

    from rich.console import Console

    begun = last = time.monotonic()
    console = Console(stderr=True)
    if not console.is_terminal:

        def line(at: Progress) -> None:
            nonlocal last
            if (now := time.monotonic()) - last > LINE_EVERY:
                last = now
                click.echo(f"scanning: {at.done} of {at.total} addresses, {at.found} BMCs", err=True)

        yield line
        return

    from rich.progress import Progress as Bar

    with Bar(console=console, transient=True, auto_refresh=False) as bar:
        task = bar.add_task("scanning", total=None, visible=False)

        def show(at: Progress) -> None:
            if time.monotonic() - begun > SHOWN_AFTER:
                what = f"scanning: {at.done} of {at.total} addresses, {at.found} BMCs"
                bar.update(task, completed=at.done, total=at.total, description=what, visible=True)
                bar.refresh()

        yield show


def order(address: str) -> tuple[int, int, str]:
    """Addresses by number, names after them."""
    from ipaddress import ip_address

    try:
        parsed = ip_address(address)
    except ValueError:
        return 9, 0, address
    return parsed.version, int(parsed), ""


def print_json(found: list[Probe]) -> None:
    """One list of machines."""
    _echo([_row(probe) for probe in found])


def print_json_compared(compared: Comparison) -> None:
    """{"matches": [{"machine", "bmc", "by", "verdict", "findings"}], "unlisted": [...], "missing": [...]}."""
    matches = [
        {
            "machine": _machine(m.machine),
            "bmc": _row(m.probe),
            "by": m.by,
            "verdict": m.verdict,
            "findings": [asdict(f) for f in m.findings],
        }
        for m in compared.matches
    ]
    missing = [_machine(m) for m in compared.missing]
    _echo({"matches": matches, "unlisted": [_row(p) for p in compared.unlisted], "missing": missing})


def _machine(machine: Any) -> dict[str, Any]:
    told = asdict(machine)
    return {"credential" if key == "credential_ref" else key: value for key, value in told.items()}


def _echo(value: object) -> None:
    import json

    click.echo(json.dumps(value, indent=2))


def _row(probe: Probe) -> dict[str, object]:
    return {
        "bmc": str(probe.endpoint),
        "address": probe.endpoint.address,
        "protocols": [probe.protocol, *probe.also],
        "product": probe.product,
        "equipment": probe.equipment,
        "uuid": probe.uuid,
        "fingerprint": probe.fingerprint,
        "vouched": probe.vouched if probe.endpoint.authorities else None,
        "serial": probe.serial,
        "mac": probe.mac,
        "mac_from": probe.mac_from if probe.mac else "",
        "at": list(probe.at),
        "notes": list(probe.notes),
    }


def print_table(found: Iterable[Probe], title: str = "") -> None:
    """What answered as what, and below it what is odd."""
    found = list(found)
    if not found and not title:
        click.echo("no BMC answered\n  → is the management network reachable from here, and IPMI over LAN enabled?")
        return
    names = ("BMC", "speaks", "product", "serial", "MAC", "certificate (SHA-256)", "also at")
    cells = [
        (str(p.endpoint), " + ".join([p.protocol, *p.also]), p.product, p.serial, p.mac, p.fingerprint[:16],
         ", ".join(map(str, p.at)))
        for p in found
    ]  # fmt: skip
    click.echo("\n".join([*([paint(title, None, bold=True)] if title else []), *records(names, cells)]))
    for note, whose in _noted(found).items():
        who = whose[0] if len(whose) == 1 else f"{len(whose)} machines"
        click.echo("\n".join(fold(f"{who}: {note}", others="  ")))


def _noted(found: Iterable[Probe]) -> dict[str, list[str]]:
    """Note → who has it: what a whole rack has in common is told once."""
    noted: dict[str, list[str]] = {}
    for probe in found:
        for note in probe.notes:
            noted.setdefault(note, []).append(str(probe.endpoint))
    return noted


def print_compared(compared: Comparison) -> None:
    """The listed machines with their findings, then who is missing, then who is nobody's."""
    rows = [(m.machine.label, str(m.probe.endpoint), m.by, m.verdict) for m in compared.matches]
    if rows:
        titles = ("machine", "BMC", "known by", "verdict")
        click.echo("\n".join([paint("Expected", None, bold=True), *records(titles, rows)]))
    for match in compared.matches:
        for finding in (f for f in match.findings if f.verdict is not Verdict.PASS):
            said = f"{finding.requirement} should be {finding.expected}, is {finding.got}"
            click.echo("\n".join(fold(f"{finding.verdict} {finding.part}: {said}", others="  ")))
            click.echo("\n".join(fold(finding.remedy, "  → ")))
    for machine in compared.missing:
        click.echo(f"MISSING {machine.label}: nothing answers as it\n  → is it cabled, powered and in these networks?")
    if compared.unlisted:
        print_table(compared.unlisted, "Not listed: reported, not enrolled")
