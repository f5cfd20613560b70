"""Which BMC a command means, and with whose credential: an enrolled node by name, or a BMC by address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from metalctl.cli._options import json_option, state_options

if TYPE_CHECKING:
    from metalctl.bmc import Bmc, Endpoint
    from metalctl.bmc.audit import Act, Change

F = TypeVar("F", bound=Callable[..., Any])


def machine_options(function: F) -> F:
    """NODE|BMC, --credential, --json and the state's options; the command takes `where` and **place."""
    function = click.argument("where", metavar="NODE|BMC")(state_options(json_option(function)))
    return click.option(
        "--credential", metavar="REF", help="Credential reference: file:PATH#KEY or env:PREFIX. [default: the node's]"
    )(function)


def target(where: str, credential: str | None, config: Path | None, state_dir: Path | None) -> tuple[Endpoint, str]:
    """The endpoint (with the recorded certificate, for a node) and the credential reference."""
    from dataclasses import replace

    from metalctl import bmc

    known = None if "://" in where else _known(where, config, state_dir)
    if known:
        return replace(bmc.parse_endpoint(known[0]), fingerprint=known[2]), credential or known[1]
    if not _is_address(where):
        raise click.UsageError(f"no node is called {where!r}; name an enrolled node, or a BMC like https://10.0.0.11")
    if not credential:
        raise click.UsageError("--credential is needed for a BMC that belongs to no enrolled node")
    return bmc.parse_endpoint(where), credential


@contextmanager
def opened(where: str, credential: str | None, config: Path | None, state_dir: Path | None) -> Iterator[Bmc]:
    """The BMC, logged in; what is done to an enrolled node's goes into the audit trail."""
    from metalctl import bmc
    from metalctl.content.secrets import resolve

    endpoint, reference = target(where, credential, config, state_dir)
    secret = resolve(reference)
    with bmc.connect(endpoint, bmc.Credential(secret.username, secret.password)) as machine:
        if hasattr(machine, "audit"):
            machine.audit = auditor(where, config, state_dir)
        yield machine


def auditor(where: str, config: Path | None, state_dir: Path | None) -> Callable[[Act], None]:
    """Where acts on this BMC are noted: the node's audit trail; for one that is not enrolled, metalctl's log."""
    enrolled = "://" not in where and _known(where, config, state_dir) is not None

    def note(act: Act) -> None:
        if enrolled:
            _record(where, act, config, state_dir)
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
    said = said or f"{where}: {what} {_text(change.after)}: nothing was changed"
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


def _record(node: str, act: Act, config: Path | None, state_dir: Path | None) -> None:
    from metalctl.engine.settings import load
    from metalctl.store import audit
    from metalctl.store.database import open_database, sqlite_url

    detail = {"before": act.before, "after": act.after, "why": act.why, "seconds": round(act.seconds, 1)}
    engine = open_database(sqlite_url(load(config, state_dir).state.database))
    try:
        with engine.begin() as connection:
            audit.record(connection, node, f"bmc-{act.action}", act.who, **detail)
    finally:
        engine.dispose()


def _known(name: str, config: Path | None, state_dir: Path | None) -> tuple[str, str, str] | None:
    """BMC, credential reference and certificate of an enrolled node; None when there is none of that name."""
    from metalctl.engine.settings import load
    from metalctl.store import nodes
    from metalctl.store.database import open_database, sqlite_url
    from metalctl.store.errors import NotFound

    database = load(config, state_dir).state.database
    if not database.exists():
        return None
    with open_database(sqlite_url(database)).connect() as connection:
        try:
            node = nodes.get(connection, name)
        except NotFound:
            return None
    return node.bmc, node.credential, node.fingerprint


def _is_address(where: str) -> bool:
    """Whether it can only be an address; a single word is rather a mistyped node."""
    return "://" in where or "." in where or ":" in where
