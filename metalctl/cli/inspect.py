"""`metalctl inspect`: the in-band inventory of the machine it runs on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from rich.table import Table

    from metalctl.model.inventory import Inventory


@click.command()
@click.option("--local", is_flag=True, required=True, help="This machine, from inside. (A node's is in `show NODE`.)")
@click.option("--json", "as_json", is_flag=True, help="Print the inventory as one JSON object.")
@click.option("--wait/--no-wait", default=False, help="Give LLDP and links the time to come up (up to 40 s).")
def inspect(local: bool, as_json: bool, wait: bool) -> None:
    """Take the inventory of this machine: processors, memory, disks, ports, firmware.

    Reads only. What cannot be read is listed with the reason; serial numbers and DIMMs need root.

    Example: metalctl inspect --local --json
    """
    import json

    from metalctl.model.codec import encode
    from metalctl.node import inspect as node

    taken = node.collect(change_links=False, wait=wait)
    if as_json:
        click.echo(json.dumps(encode(taken), indent=2))
        return
    _show(taken)


def _show(taken: Inventory) -> None:
    from rich.console import Console

    console = Console()
    console.print(_machine(taken))
    for table in (_disks(taken), _nics(taken), _dimms(taken)):
        if table.row_count:
            console.print(table)
    if taken.unreadable:
        console.print(_unreadable(taken))
        if os.geteuid() != 0:
            console.print("Run it as root to read more.")


def _table(title: str, *columns: str) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _machine(taken: Inventory) -> Table:
    from metalctl.model.units import format_size

    who, cpu = taken.identity, taken.cpu
    kvm = {True: "yes", False: f"no: {cpu.kvm_reason}", None: "not tried"}[cpu.kvm]
    facts = {
        "machine": " ".join(w for w in (who.manufacturer, who.product) if w)
        + (" (emulated)" if taken.emulated else ""),
        "serial": who.serial,
        "UUID": who.uuid,
        "system": f"{taken.os}, Linux {taken.kernel}",
        "boot": taken.boot_mode + (", Secure Boot" if taken.secure_boot else ""),
        "processors": f"{_count(cpu.sockets)} × {cpu.model}, {_count(cpu.cores)} cores, {_count(cpu.threads)} threads",
        "virtualization": cpu.virtualization or "no flag",
        "/dev/kvm": kvm,
        "IOMMU": "on" if cpu.iommu else "off",
        "memory": format_size(taken.memory.total) if taken.memory.total else "",
        "BMC": taken.bmc_address,
        **{f.component: f"{f.version} {f.date}".strip() for f in taken.firmware if f.component in ("bios", "bmc")},
    }
    table = _table("Machine", "fact", "value")
    for fact, value in facts.items():
        if value.strip():
            table.add_row(fact, value)
    return table


def _count(number: int | None) -> str:
    return "?" if number is None else str(number)


def _disks(taken: Inventory) -> Table:
    from metalctl.model.units import format_size

    table = _table("Disks", "name", "kind", "size", "serial", "model", "firmware", "where")
    for d in taken.disks:
        size = format_size(d.size) if d.size else "?"
        where = d.slot or d.by_path.removeprefix("/dev/disk/by-path/")
        table.add_row(d.name, d.kind, size, d.serial or "?", d.model, d.firmware, where)
    return table


def _nics(taken: Inventory) -> Table:
    from metalctl.model.units import format_rate

    table = _table("Ports", "name", "MAC", "link", "speed", "driver", "PCI", "neighbour")
    for n in taken.nics:
        link = {True: "up", False: "down", None: "?"}[n.link]
        other = f"{n.neighbour.switch} {n.neighbour.port}" if n.neighbour else ""
        table.add_row(n.name, n.mac, link, format_rate(n.speed) if n.speed else "?", n.driver, n.pci, other)
    for b in taken.bonds:
        table.add_row(b.name, "", b.mode, format_rate(b.speed) if b.speed else "?", "bond", "", b.partner_mac)
    return table


def _dimms(taken: Inventory) -> Table:
    from metalctl.model.units import format_size

    table = _table("Memory", "slot", "size", "type", "speed", "part", "serial")
    for d in taken.memory.dimms:
        speed = f"{d.configured_mts or d.speed_mts} MT/s" if d.configured_mts or d.speed_mts else ""
        table.add_row(d.slot, format_size(d.size) if d.size else "empty", d.type, speed, d.part_number, d.serial)
    return table


def _unreadable(taken: Inventory) -> Table:
    table = _table("Not read", "fact", "reason")
    for note in taken.unreadable:
        table.add_row(note.fact, note.reason)
    return table
