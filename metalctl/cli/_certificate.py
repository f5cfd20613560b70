"""Verifying a certificate, and holding a machine against it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from metalctl.cli._options import Home
from metalctl.model.codec import decode, encode
from metalctl.model.inventory import Inventory
from metalctl.model.machine import Difference, Part, differences, parts

# What a BMC states of parts varies: those kinds are compared of which it lists any.
_ALWAYS = ("system",)


def verified(path: Path, keys: Sequence[Path], home: Home) -> dict[str, Any]:
    """The statement, under the first key that fits; raises as report.certificate.verify, with the last key's reason."""
    from metalctl.engine.evidence.reporting import signing_key
    from metalctl.model.errors import UsageError
    from metalctl.report import certificate
    from metalctl.report.errors import BadSignature
    from metalctl.report.keys import published

    known = list(keys) or published(signing_key(home.state()))
    if not known:
        raise UsageError("this provisioner has no signing key", hint="name the public key of the issuer with --key")
    envelope, refused = certificate.read(path), None
    for key in known:
        try:
            return certificate.verify(envelope, certificate.load_public_key(key))
        except BadSignature as error:
            refused = error
    assert refused is not None
    raise refused


def compare(statement: dict[str, Any], node: str | None, home: Home) -> tuple[Difference, ...]:
    """What is not as it was certified. node: read by its BMC; None: this machine is read."""
    certified = decode(tuple[Part, ...], statement["predicate"]["metalctl"].get("machine", []))
    if not certified:
        raise click.UsageError("the certificate lists no parts: an older metalctl issued it")
    inventory = _of_bmc(node, home) if node else _local()
    found = parts(inventory)
    kinds = {part.kind for part in found} & {part.kind for part in certified} | set(_ALWAYS)
    return differences(certified, found, kinds)


def _local() -> Inventory:
    from metalctl.node.inspect import collect

    return collect(change_links=False, wait=False)


def _of_bmc(node: str, home: Home) -> Inventory:
    from metalctl.cli._operate import database
    from metalctl.engine.reach.credentials import connect
    from metalctl.store import nodes

    store = database(home)
    with store.connect() as connection:
        known = nodes.get(connection, node)
    with connect(store, known) as session:
        return session.inventory()


def show(statement: dict[str, Any], different: tuple[Difference, ...] | None, *, as_json: bool) -> None:
    """What it states, and what is not so any more."""
    if as_json:
        compared = {} if different is None else {"different": encode(different)}
        click.echo(json.dumps({**statement, **compared}))
        return
    predicate, subject = statement["predicate"], statement["subject"][0]
    about = predicate["metalctl"]
    click.echo(f"{subject['name']}: {predicate['result']}, signature good, until {about['valid_until']}")
    if about.get("emulated"):
        click.echo("EMULATED: not real hardware")
    if levels := about.get("levels"):
        click.echo(f"  levels: {', '.join(levels)}")
    for line in predicate.get("configuration", []):
        click.echo(f"  {line['name']}  sha256:{line.get('digest', {}).get('sha256', '?')}")
    for name in predicate.get("warnedTests", []):
        click.echo(f"  waived or warned: {name}")
    for left in about.get("skipped", []):
        click.echo(f"  not tested: {left['check']} {left['part']}: {left['why']}")
    if different is not None:
        click.echo("the machine is the one that was certified" if not different else "the machine is not as certified:")
        for one in different:
            click.echo(f"  {one.said}")
