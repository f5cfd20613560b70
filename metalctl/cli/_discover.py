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
    from rich.console import Console
    from rich.table import Table

    found = list(found)
    if not found and not title:
        click.echo("no BMC answered\n  → is the management network reachable from here, and IPMI over LAN enabled?")
        return
    names = ("BMC", "speaks", "product", "serial", "MAC", "certificate (SHA-256)")
    cells = []
    for probe in found:
        speaks = " + ".join([probe.protocol, *probe.also])
        where = "\n".join([str(probe.endpoint), *(f"also {other}" for other in probe.at)])
        # What a stranger says of itself is text, never markup or a control sequence.
        told = (where, speaks, probe.product, probe.serial, probe.mac, probe.fingerprint[:16])
        cells.append([_plain(text) for text in told])
    table = Table(title=title or None, title_justify="left", box=None, header_style="bold")
    # A column that nobody fills takes width from the address, which must be whole.
    stated = [index for index in range(len(names)) if index == 0 or any(row[index] for row in cells)]
    for index in stated:
        table.add_column(names[index], no_wrap=index == 0)
    for row in cells:
        table.add_row(*(row[index] for index in stated))
    Console().print(table)
    for note, whose in _noted(found).items():
        who = whose[0] if len(whose) == 1 else f"{len(whose)} machines"
        click.echo(f"{who}: {note}")


def _noted(found: Iterable[Probe]) -> dict[str, list[str]]:
    """Note → who has it: what a whole rack has in common is told once."""
    noted: dict[str, list[str]] = {}
    for probe in found:
        for note in probe.notes:
            noted.setdefault(note, []).append(str(probe.endpoint))
    return noted


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape("".join(c if c.isprintable() or c == "\n" else "?" for c in text))


def print_compared(compared: Comparison) -> None:
    """The listed machines with their findings, then who is missing, then who is nobody's."""
    from rich.console import Console
    from rich.table import Table

    table = Table("machine", "BMC", "known by", "verdict", title="Expected", title_justify="left")
    for match in compared.matches:
        table.add_row(match.machine.label, _plain(str(match.probe.endpoint)), match.by, match.verdict)
    if compared.matches:
        Console().print(table)
    for match in compared.matches:
        for finding in (f for f in match.findings if f.verdict is not Verdict.PASS):
            name = finding.requirement
            click.echo(
                f"{finding.verdict} {finding.part}: {name} should be {finding.expected}, is {_told(finding.got)}"
            )
            click.echo(f"  → {finding.remedy}")
    for machine in compared.missing:
        click.echo(f"MISSING {machine.label}: nothing answers as it\n  → is it cabled, powered and in these networks?")
    if compared.unlisted:
        print_table(compared.unlisted, "Not listed: reported, not enrolled")


def _told(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
