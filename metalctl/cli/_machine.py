"""Which BMC a command means, and with whose credential: an enrolled node by name, or a BMC by address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from metalctl.cli._options import Home, ca_option, json_option, state_options

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from metalctl.bmc import Bmc, Endpoint
    from metalctl.bmc.audit import Act, Change
    from metalctl.store.nodes import Node

F = TypeVar("F", bound=Callable[..., Any])


CA = "CAs that must have signed the BMC's certificate (PEM). [default: as the node is known; settings: bmc.ca]"


def machine_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """NODE|BMC, --credential, --ca, --json and the state's options; the command takes `where` and **place."""
    decorated = click.argument("where", metavar="NODE|BMC")(state_options(json_option(ca_option(CA)(function))))
    return credential_option(decorated)


def credential_option(function: F) -> F:
    """--credential REF."""
    text = "Credential reference: file:PATH#KEY or env:PREFIX. [default: the node's]"
    return click.option("--credential", metavar="REF", help=text)(function)


def target(where: str, credential: str | None, home: Home, ca: Path | None = None) -> tuple[Endpoint, str]:
    """The endpoint, with what vouches for its certificate, and the credential reference."""
    from metalctl import bmc

    known = None if "://" in where else known_node(where, home)
    if known:
        from metalctl.engine.reach.credentials import endpoint_of

        return trusted(endpoint_of(known), home, ca), credential or known.credential
    if not _is_address(where):
        raise click.UsageError(f"no node is called {where!r}; name an enrolled node, or a BMC like https://10.0.0.11")
    if not credential:
        raise click.UsageError("--credential is needed for a BMC that belongs to no enrolled node")
    return trusted(_recorded(bmc.parse_endpoint(where), home), home, ca), credential


def _recorded(endpoint: Endpoint, home: Home) -> Endpoint:
    """An enrolled node's BMC, given by its address, is held to the certificate that was recorded with the node."""
    if not home.state().remembers:
        return endpoint
    from metalctl.engine.reach.credentials import vouched

    with database(home) as engine:
        return vouched(engine, endpoint)


def trusted(endpoint: Endpoint, home: Home, ca: Path | None) -> Endpoint:
    """The endpoint under the authorities that were named; the settings' only where nothing is known of it."""
    from dataclasses import replace

    if endpoint.protocol != "redfish":
        return endpoint  # IPMI knows no certificates
    if ca:
        return replace(endpoint, authorities=ca.absolute(), fingerprint="")
    if endpoint.fingerprint or endpoint.authorities or not (configured := home.settings().bmc.ca):
        return endpoint
    return replace(endpoint, authorities=Path(configured))


def settled(where: str, credential: str | None, home: Home, ca: Path | None = None) -> tuple[Endpoint, str]:
    """As `target`; when a rotation of the node's credential broke off, one login finds out which one it is."""
    node = None if credential or "://" in where else known_node(where, home)
    if node and node.rotation and not node.rotation.proven:
        with opened(where, credential, home, ca):
            pass
    return target(where, credential, home, ca)


@contextmanager
def opened(where: str, credential: str | None, home: Home, ca: Path | None = None) -> Iterator[Bmc]:
    """The BMC, logged in; what is done to an enrolled node's goes into the audit trail."""
    with _logged_in(where, credential, home, ca) as machine:
        if hasattr(machine, "audit"):
            machine.audit = auditor(where, home)
        yield machine


def _logged_in(where: str, credential: str | None, home: Home, ca: Path | None) -> Bmc:
    from metalctl import bmc
    from metalctl.engine.reach import credentials

    endpoint, reference = target(where, credential, home, ca)
    node = None if credential or "://" in where else known_node(where, home)
    if node is None:
        return bmc.connect(endpoint, credentials.credential(reference))
    with database(home) as engine:
        return credentials.connect(engine, node, endpoint)


def auditor(where: str, home: Home) -> Callable[[Act], None]:
    """Where acts on this BMC are noted: the node's audit trail; for one that is not enrolled, metalctl's log."""
    enrolled = "://" not in where and known_node(where, home) is not None

    def note(act: Act) -> None:
        if enrolled:
            _record(where, act, home)
        else:
            _log(act)

    return note


def need(machine: Bmc, method: str) -> Any:
    """A method that not every BMC has; raises Unsupported."""
    from metalctl.bmc.errors import Unsupported

    found = getattr(machine, method, None)
    if found is None:
        raise Unsupported(
            f"{machine.endpoint} cannot do that over {machine.endpoint.protocol}",
            hint="try its Redfish address, like https://10.0.0.11",
            bmc=str(machine.endpoint),
        )
    return found


def show_change(where: str, what: str, change: Change, as_json: bool) -> None:
    """Tell what was before and is now."""
    import json

    if as_json:
        told = {"node": where, "action": what, "before": change.before, "after": change.after}
        click.echo(json.dumps(told | {"changed": change.changed, "note": change.note}, default=str))
        return
    said = f"{where}: {what} {_text(change.before)} → {_text(change.after)}" if change.changed else ""
    nothing = "not changed yet" if change.note.startswith("pending") else "nothing was changed"
    said = said or f"{where}: {what} {_text(change.after)}: {nothing}"
    click.echo(said + (f" ({change.note})" if change.note else ""))


def show_state(where: str, what: str, value: object, as_json: bool) -> None:
    """Tell what is."""
    import json

    if as_json:
        click.echo(json.dumps({"node": where, what: value}))
    else:
        click.echo(f"{where}: {what} {_text(value)}")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ", ".join(f"{name}={one}" for name, one in value.items())
    return str(value) if value not in ("", None) else "none"


def _log(act: Act) -> None:
    """One line of JSON in the log, which only its owner can read; an action is not lost for want of a log."""
    import contextlib
    import json
    import os
    from dataclasses import asdict
    from datetime import UTC, datetime

    from metalctl.cli._errors import log_file

    line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), "audit": asdict(act)}, default=str)
    path = log_file()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as stream:
            stream.write(line + "\n")


def _record(node: str, act: Act, home: Home) -> None:
    from metalctl.store import audit

    detail = {"before": act.before, "after": act.after, "why": act.why, "seconds": round(act.seconds, 1)}
    with database(home) as engine, engine.begin() as connection:
        audit.record(connection, node, f"bmc-{act.action}", act.who, **detail)


@contextmanager
def database(home: Home) -> Iterator[Engine]:
    """What metalctl remembers."""
    from metalctl.store.database import open_database

    engine = open_database(home.state().store_url)
    try:
        yield engine
    finally:
        engine.dispose()


def known_node(name: str, home: Home) -> Node | None:
    """The enrolled node; None when there is none of that name."""
    from metalctl.store import nodes
    from metalctl.store.errors import NotFound

    if not home.state().remembers:
        return None
    with database(home) as engine, engine.connect() as connection:
        try:
            return nodes.get(connection, name)
        except NotFound:
            return None


def _is_address(where: str) -> bool:
    """Whether it can only be an address; a single word is rather a mistyped node."""
    return "://" in where or "." in where or ":" in where
