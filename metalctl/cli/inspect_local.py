"""`metalctl inspect --local`: the in-band inventory of this machine. `run_local` is what the command calls."""

from __future__ import annotations

import os

import click


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
