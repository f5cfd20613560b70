"""`metalctl lab`: the emulated rack."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from metalctl.cli._command import group
from metalctl.cli._lab_bmcs import bmcs
from metalctl.cli._layout import fold, paint, records, table
from metalctl.cli._options import InputFile

if TYPE_CHECKING:
    from metalctl.lab import LabInfo

_STATES = {2: {"dead": "red"}}
_NAME = click.option("--name", metavar="NAME", help="Which lab; may be left out where only one is up.")


@group()
def lab() -> None:
    """An emulated rack on this machine: nodes, BMCs and a switch in one network namespace.

    Examples:
      metalctl lab up && metalctl lab status && metalctl lab down
    """


@lab.command()
@click.argument("rack_file", metavar="[RACK.YAML]", required=False, type=InputFile())
@click.option("--name", metavar="NAME", help="Name of the lab; without it, the rack's own name.")
@click.option("--json", "as_json", is_flag=True, help="Print the lab as JSON when it is up, and no progress.")
def up(rack_file: Path | None, name: str | None, as_json: bool) -> None:
    """Bring a rack up, its nodes powered off.

    Without a file it is the demo rack: a controller, a compute and a storage node. Needs root.

    Examples:
      metalctl lab up rack.yaml --name mine
    """
    from metalctl.lab import load, up

    rack = load(rack_file)
    signal.signal(signal.SIGTERM, _interrupt)  # so that what is built by then is taken down
    if as_json:
        click.echo(up(rack, name).to_json())
        return
    with _progress() as say:
        built = up(rack, name, say)
    click.echo(_next_steps(built))


@lab.command()
@_NAME
@click.option("--json", "as_json", is_flag=True, help="Everything about the lab, for programs.")
def status(name: str | None, as_json: bool) -> None:
    """Show every part of the rack; a part that died is shown with the end of its log.

    Exit code 0 when all is well, 1 when a part is dead, 2 when there is no such lab.

    Examples:
      metalctl lab status --json
    """
    from metalctl.lab import status

    found = status(name)
    if as_json:
        click.echo(found.to_json())
    else:
        _show(found)
    if found.dead:
        raise SystemExit(1)


@lab.command()
@_NAME
def shell(name: str | None) -> None:
    """Open a shell in the rack's network; `virsh list --all` shows its nodes.

    Examples:
      metalctl lab shell
    """
    _enter(name, [os.environ.get("SHELL", "/bin/sh")])


@lab.command(name="exec", context_settings={"ignore_unknown_options": True})
@_NAME
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def execute(name: str | None, command: tuple[str, ...]) -> None:
    """Run a command in the rack's network.

    Examples:
      metalctl lab exec -- ping -c 1 172.31.0.1
    """
    _enter(name, list(command))


@lab.command()
@click.argument("node")
@_NAME
@click.option("--json", "as_json", is_flag=True, help="Print the node as JSON.")
def repair(node: str, name: str | None, as_json: bool) -> None:
    """Take the faults of a node away, as a technician would exchange its parts.

    The node is powered off for that and keeps its identity and its sound disks. `metalctl enroll --retry` then goes on.

    Examples:
      metalctl lab repair sto1 && metalctl lab exec -- metalctl enroll --retry sto1
    """
    import json
    from dataclasses import asdict

    from metalctl.lab import repair_node

    told = repair_node(node, name)
    words = f"{told.name}: repaired and powered off; {len(told.disks)} disks"
    click.echo(json.dumps(asdict(told)) if as_json else f"{words}; next: metalctl enroll --retry {told.name}")


@lab.command()
@_NAME
@click.option("--keep-logs", is_flag=True, help="Keep the parts' logs and the nodes' consoles, and say where.")
def down(name: str | None, keep_logs: bool) -> None:
    """Take the rack down and leave nothing of it.

    Examples:
      metalctl lab down --name mine --keep-logs
    """
    from metalctl.lab import down

    kept = down(name, keep_logs=keep_logs)
    click.echo(f"down; logs are kept in {kept}" if kept else "down; nothing is left")


lab.add_command(bmcs)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Tells each step: with the seconds and, on a terminal, a spinner for the step at work."""
    from rich.console import Console

    console = Console(soft_wrap=True, highlight=False)
    began = time.monotonic()
    with console.status("starting") if console.is_terminal else nullcontext() as spinner:

        def say(line: str) -> None:
            console.print(f"{time.monotonic() - began:5.1f} s  {line}", markup=False)
            if spinner is not None:
                spinner.update(line)

        yield say


def _enter(name: str | None, command: list[str]) -> NoReturn:
    from metalctl.content.programs import search_path
    from metalctl.lab import namespace

    inside, environment = namespace(name)
    os.environ.update(environment)
    os.environ["PATH"] = search_path()
    # A shell in place of this process is the point.
    os.execvp("ip", ["ip", "netns", "exec", inside, *command])  # noqa: S606


def _next_steps(built: LabInfo) -> str:
    return (
        f"lab {built.name} is up: {len(built.nodes)} nodes, powered off, under {built.accelerator}\n"
        f"  nodes to enroll   {built.nodes_file}\n"
        f"  BMC credentials   {built.credentials_file}\n"
        f"  next              metalctl lab exec --name {built.name} -- metalctl enroll {built.nodes_file}"
    )


def _show(found: LabInfo) -> None:
    about = f"namespace {found.namespace}, {found.accelerator} ({found.accelerator_reason})"
    parts = [(part.name, str(part.pid or "-"), part.state) for part in found.parts]
    titles = ("node", "role", "firmware", "power", "BMC", "switch ports", "faults")
    nodes = [
        (n.name, n.role, n.firmware, n.power, n.bmc.address, " ".join(n.switch_ports), " ".join(n.faults) or "-")
        for n in found.nodes
    ]
    lines = [*fold(f"lab {found.name}: {about}", others="  "), "", *table(("part", "pid", "state"), parts, _STATES)]
    click.echo("\n".join([*lines, "", *records(titles, nodes)]))
    for part in found.dead:
        click.echo(paint(f"{part.name} is dead; its last words:", "red", bold=True))
        click.echo(part.tail or "(none)")
