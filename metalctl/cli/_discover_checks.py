"""What `metalctl discover` looks at before the first packet: its arguments, and whether so large a network is meant."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from metalctl.bmc.discovery.manifest import Machine
from metalctl.bmc.discovery.targets import Targets

ASKED_BEYOND = 2**16  # addresses: a /16


def check_columns(credential: str, profile: str, listed: Iterable[Machine] | None) -> None:
    """Whether `enroll` can read what will stand in the nodes file: SecretError, ProfileError."""
    from metalctl.cli._options import named
    from metalctl.content import profiles
    from metalctl.content.secrets import check_reference, resolve

    if credential:
        check_reference(credential)
        resolve(credential)
    roles = {machine.role for machine in listed or () if machine.role}
    for name in [profile] if profile else sorted(roles):
        profiles.load(named(name))


def ask(targets: Targets, rate: float, yes: bool) -> None:
    """Nothing for up to a /16; beyond it a person must say yes, or the command line. UsageError."""
    count = targets.addresses
    if count <= ASKED_BEYOND or yes:
        return
    told = f"{count:,} addresses, more than a /16".replace(",", " ")
    if not _is_terminal():
        raise click.UsageError(f"that is {told}: nothing was scanned; add --yes if you mean it, or name the networks")
    minutes = f", at least {count / rate / 60:.0f} min" if rate else ""
    if not click.confirm(f"scan {told}{minutes}?", err=True):
        raise click.UsageError("nothing was scanned")


def _is_terminal() -> bool:
    return sys.stdin.isatty()
