"""`metalctl inspect --local`: the in-band inventory of this machine. `run_local` is what the command calls."""

from __future__ import annotations

import os

import rich_click as click


def run_local(json: bool, *, wait: bool = False) -> None:
    """Read this machine and print it: a page, or with `json` one JSON object (metalctl.model.inventory.Inventory).

    Changes nothing: no port is set up. wait: give LLDP its 33 s from lldpd's start.
    """
    from metalctl.node import inspect as node

    taken = node.collect(change_links=False, wait=wait)
    if json:
        from json import dumps

        from metalctl.model.codec import encode

        click.echo(dumps(encode(taken), indent=2, ensure_ascii=False))
        return
    from metalctl.cli._inventory_page import show

    show(taken, root=os.geteuid() == 0)


@click.command("inspect-local")
@click.option("--json", "as_json", is_flag=True, help="Print the inventory as one JSON object.")
@click.option("--wait/--no-wait", default=False, help="Give LLDP the time to hear the switches (up to 33 s).")
def inspect_local(as_json: bool, wait: bool) -> None:
    """Take the inventory of this machine: processors, memory, disks, ports, PCIe, sensors, firmware.

    Reads only. What cannot be read is listed last, with the reason; serial numbers and DIMMs need root.

    Example: metalctl inspect --local --json
    """
    run_local(as_json, wait=wait)
