"""`metalctl lab bmcs`: a fleet of simulated BMCs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from metalctl.cli._command import command
from metalctl.cli._numbers import OWN_PORT, Count
from metalctl.cli._options import InputFile, json_option

if TYPE_CHECKING:
    from metalctl.lab.fleet import Fleet, FleetSettings, Tree
    from metalctl.lab.fleet.machines import Machines, MachineSettings


class _Seconds(click.ParamType[float]):
    name = "duration"

    def __init__(self, longest: float = 3600.0) -> None:
        self._longest = longest

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds of "50ms", "1.5 s" or a bare number of seconds."""
        if isinstance(value, (int, float)):
            return float(value)
        text = str(value).replace(" ", "")
        number, scale = (text[:-2], 0.001) if text.endswith("ms") else (text.removesuffix("s"), 1.0)
        try:
            seconds = float(number) * scale
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds <= self._longest:
            self.fail(f"{value!r} is not a duration; write it like 50ms or 2s", param, ctx)
        return seconds


@command()
@click.option(
    "--capture", type=InputFile(folder=True), metavar="FILE", help="A recorded machine (*.tar.gz, or a directory)."
)
@click.option(
    "--tree", "tree_name", metavar="NAME", help="A synthetic server: compute, controller or storage. [default: compute]"
)
@click.option("--count", type=Count(1, 60_000), default=1, show_default=True, help="How many BMCs.")
@click.option("--latency", type=_Seconds(), default=0.0, help="Time that each answer takes, like 50ms. [default: 0]")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME[:PARAMETER]=RATE",
    help="Share of the BMCs with a fault, like slow:3=5%; `--fault help` lists the faults.",
)
@click.option("--seed", type=Count(0, 2**31 - 1), default=0, show_default=True, help="Which BMCs have the faults.")
@click.option("--base", default="127.77.0.1", show_default=True, help="Address of the first BMC; the others follow.")
@click.option(
    "--first",
    type=Count(0, 60_000),
    default=0,
    show_default=True,
    help="Number of the first BMC: fleets with other numbers are other machines.",
)
@click.option("--port", type=OWN_PORT, default=0, help="TCP port of all of them. [default: one that is free]")
@click.option("--tls", is_flag=True, help="HTTPS with a self-signed certificate.")
@click.option(
    "--ipmi-port",
    type=OWN_PORT,
    default=0,
    help="Answer IPMI presence on this UDP port, such as 623. [default: no IPMI]",
)
@click.option(
    "--credential",
    metavar="REF",
    help='Account: file:PATH#KEY or env:PREFIX. [default: the tree\'s administrator, password "password"]',
)
@click.option("--no-expand", is_flag=True, help="$expand is advertised and not honoured, on all of them.")
@click.option(
    "--power-time", type=_Seconds(), default=0.5, help="Time until a power state is reached. [default: 500ms]"
)
@click.option(
    "--bmc-reset-time", type=_Seconds(), default=5.0, help="Time that a restarting BMC is away. [default: 5s]"
)
@click.option(
    "--sessions", type=Count(1, 10_000), default=8, show_default=True, help="Sessions that a BMC allows at once."
)
@click.option(
    "--machines",
    "boot_url",
    metavar="URL",
    help="Put a simulated machine behind each BMC, which boots from the boot service at this URL.",
)
@click.option(
    "--machine-base", default="127.78.0.1", show_default=True, help="Address of the first machine; the others follow."
)
@click.option(
    "--machine-time",
    "times",
    multiple=True,
    metavar="NAME=TIME",
    help="What a machine takes for: firmware, ramdisk, disk (boots), check (a whole run), install. [default: 1s or 2s]",
)
@json_option
def bmcs(
    capture: Path | None,
    tree_name: str | None,
    faults: tuple[str, ...],
    credential: str | None,
    no_expand: bool,
    boot_url: str | None,
    machine_base: str,
    times: tuple[str, ...],
    as_json: bool,
    **given: float,
) -> None:
    """Serve many simulated Redfish BMCs on 127.0.0.0/8, until Ctrl-C.

    Each has an address, serials, UUIDs and MACs of its own; power, boot device, BIOS settings, accounts, sessions and
    logs can be changed. With --json one line states base, count, port and username when all of them serve.
    GET /.lab/statistics at any of them lists what was asked, GET /.lab/machines what the machines did.

    Examples:
      metalctl lab bmcs --tree storage --count 1000 --fault slow:3=0.01
      metalctl lab bmcs --count 100 --machines http://127.0.0.1:8080 \\
          --machine-time check=30s
    """
    from metalctl.lab import fleet

    if "help" in faults:
        _list_faults()
        return
    if capture and tree_name:
        raise click.UsageError("--capture and --tree exclude each other")
    tree = fleet.load_capture(capture) if capture else fleet.load_tree(tree_name or "compute")
    secret = _secret(credential)
    parsed = tuple(fleet.parse_fault(text) for text in faults)
    settings = fleet.FleetSettings(faults=parsed, expand=not no_expand, **secret, **given)  # type: ignore[arg-type]
    _run(tree, settings, as_json, _machines(boot_url, machine_base, times))


def _machines(boot_url: str | None, base: str, times: tuple[str, ...]) -> MachineSettings | None:
    from metalctl.lab.fleet.machines.settings import TIMES, MachineSettings

    if boot_url is None:
        return None
    given = dict(text.partition("=")[::2] for text in times)
    if wrong := sorted(set(given) - set(TIMES)):
        raise click.UsageError(f"--machine-time {wrong[0]}: write one of {', '.join(TIMES)}, like check=30s")
    # A burn-in takes days.
    seconds = {name: _Seconds(30 * 86_400.0).convert(text, None, None) for name, text in given.items()}
    return MachineSettings(boot_url.rstrip("/"), base, **seconds)  # type: ignore[arg-type]


def _run(tree: Tree, settings: FleetSettings, as_json: bool, machines: MachineSettings | None) -> None:
    import asyncio
    import signal

    from metalctl.lab.fleet import Fleet

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        running = Fleet(tree, settings)
        behind = _behind(running, machines)
        try:
            await running.start()
            _ready(running, as_json)
            await stop.wait()
        finally:
            if behind is not None:
                behind.close()
            await running.close()

    asyncio.run(serve())


def _behind(running: Fleet, settings: MachineSettings | None) -> Machines | None:
    if settings is None:
        return None
    from metalctl.lab.fleet.machines import Machines

    return Machines(running, settings)


def _ready(running: Fleet, as_json: bool) -> None:
    import json
    import sys

    settings = running.settings
    first, last = running.bmcs[0].address, running.bmcs[-1].address
    if as_json:
        told = {"base": first, "last": last, "count": settings.count, "port": running.port, "scheme": running.scheme}
        click.echo(json.dumps({**told, "ipmi_port": settings.ipmi_port, "username": running.username}))
    else:
        click.echo(
            f"{settings.count} BMCs: {running.scheme}://{first}:{running.port} … {last}, user {running.username}"
        )
        broken = sum(1 for bmc in running.bmcs if bmc.faults)
        click.echo(f"{broken} of them with a fault; end them with Ctrl-C")
    sys.stdout.flush()


def _list_faults() -> None:
    from metalctl.lab.faults import summaries

    for name, text in summaries().items():
        click.echo(f"{name:<25} {text}")


def _secret(reference: str | None) -> dict[str, str]:
    from metalctl.content.secrets import resolve

    if reference is None:
        return {}
    found = resolve(reference)
    return {"username": found.username, "password": found.password}
