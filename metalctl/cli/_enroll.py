"""What `metalctl enroll` does: check the rows, find or be the service, queue, follow, say where the results are."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

from metalctl import bmc
from metalctl.bmc.discovery.manifest import Machine, read_manifest
from metalctl.cli._layout import fold
from metalctl.cli._live import follow
from metalctl.cli._options import Home
from metalctl.engine.durability.lock import lock_of
from metalctl.engine.errors import NoService
from metalctl.engine.logs import to_file
from metalctl.engine.operate import submit, who
from metalctl.engine.pipeline import overview
from metalctl.engine.pipeline.overview import Standing
from metalctl.engine.serving.service import Service
from metalctl.engine.settings import Settings
from metalctl.model.codec import encode
from metalctl.store.database import open_database


@dataclass(frozen=True, slots=True)
class Wish:
    """The command line."""

    nodes: tuple[str, ...]
    level: str
    allow_erase: bool
    retry: bool
    detach: bool
    as_json: bool
    home: Home
    expected: Path | None = None
    ca: Path | None = None
    again: tuple[str, ...] = ()
    full_read: bool = False


def enroll_nodes(wish: Wish) -> int:
    """Do it; returns the exit code."""
    settings = wish.home.settings()
    authorities = _authorities(wish, settings)
    path = None if wish.retry else Path(wish.nodes[0])
    entries = bmc.read_csv(path) if path else []
    machines = read_manifest(wish.expected) if wish.expected else None
    settings.state.create()
    to_file(settings.state.path / "metalctl.log")
    database = open_database(settings.state.store_url)
    # Before the service comes up and before anything is sent: a typing mistake should wait for neither.
    if path is None:
        submit.check_retry(database, wish.nodes)
    else:
        submit.check(database, [_row(path, entry) for entry in entries], wish.again)
    served = lock_of(settings.state, settings.boot.network).holder is not None
    if wish.detach and not served:
        raise NoService("no service runs on this state directory", hint="start metalctl serve, or leave out --detach")
    rows = [replace(row, authorities=authorities) for row in _rows(path, entries, machines, wish)] if path else []
    return (_queue if served else _serve)(wish, database, rows, settings)


def _authorities(wish: Wish, settings: Settings) -> str:
    """The file of the CAs, "" without any; raises BmcError for one that is none, before anything is enrolled."""
    from metalctl.bmc.tls import authority

    chosen = wish.ca or (Path(settings.bmc.ca) if settings.bmc.ca else None)
    if chosen is None or wish.retry:
        return ""
    authority(chosen)
    return str(chosen.absolute())


def _rows(path: Path, entries: list[bmc.Entry], machines: list[Machine] | None, wish: Wish) -> list[submit.Row]:
    """The rows; with a manifest those that answer as one of its machines, which asks every BMC."""
    if machines is None or wish.expected is None:
        return [_row(path, entry) for entry in entries]
    from metalctl.cli._expected import listed

    return [_row(path, entry, encode(machine)) for entry, machine in listed(entries, wish.expected, machines)]


def _row(path: Path, entry: bmc.Entry, machine: dict[str, Any] | None = None) -> submit.Row:
    where = f"{path}:{entry.line}"
    bmc_address, reference = str(entry.endpoint), entry.credential_ref
    return submit.Row(entry.name, bmc_address, reference, entry.profile, where, machine, columns=entry.columns)


def _submit(wish: Wish, database: Engine, rows: list[submit.Row], settings: Settings) -> str:
    """The batch; "" when every row is handed over already."""
    if wish.retry:
        chosen = {"allow_erase": wish.allow_erase, "full_read": wish.full_read}
        retried = submit.retry(database, wish.nodes, actor=who(), **chosen)
        for line in retried.told:
            click.echo(line, err=wish.as_json)
        return retried.batch
    done = submit.submit(
        database,
        rows,
        level=wish.level,
        allow_erase=wish.allow_erase,
        full_read=wish.full_read,
        again=wish.again,
        service=settings.boot.network,
        actor=who(),
    )
    if done.left_alone:
        names = ", ".join(done.left_alone)
        click.echo(f"handed over already, left alone: {names} (to do a node again: --again NODE)", err=wish.as_json)
    return done.batch


def _queue(wish: Wish, database: Engine, rows: list[submit.Row], settings: Settings) -> int:
    batch = _submit(wish, database, rows, settings)
    if not batch:
        return _nothing_to_do(wish)
    if wish.detach:
        click.echo(json.dumps({"batch": batch}) if wish.as_json else f"queued as batch {batch}")
        return overview.ACCEPTED
    lock = lock_of(settings.state, settings.boot.network)

    def ended() -> bool:
        if lock.holder is None:
            raise NoService("the service stopped while nodes were under way", hint="start it again: they go on")
        return _all_ended(overview.standings(database, batch))

    return _conclude(follow(database, batch, ended, as_json=wish.as_json), settings, batch, as_json=wish.as_json)


def _nothing_to_do(wish: Wish) -> int:
    if wish.as_json:
        summary = {"event": "summary", "batch": "", "exit_code": overview.ACCEPTED, "reports": "", "nodes": []}
        sys.stdout.write(json.dumps(summary) + "\n")
    return overview.ACCEPTED


def _serve(wish: Wish, database: Engine, rows: list[submit.Row], settings: Settings) -> int:
    """Serve until the batch has ended. The service comes up first: if it cannot, nothing was enrolled."""
    service = Service(settings, lambda line: click.echo(line, err=wish.as_json))
    service.start()
    try:
        with _stopped_by_signals():
            found, batch = _walk(wish, database, rows, service, settings)
    finally:
        service.close()
    return _conclude(found, settings, batch, as_json=wish.as_json) if batch else _nothing_to_do(wish)


def _walk(
    wish: Wish, database: Engine, rows: list[submit.Row], service: Service, settings: Settings
) -> tuple[list[Standing], str]:
    batch = _submit(wish, database, rows, settings)
    if not batch:
        return [], ""
    with ThreadPoolExecutor(1, thread_name_prefix="service") as pool:
        # A signal may strike while the thread is being started: the service is stopped then too, or nobody would.
        try:
            worker = pool.submit(service.run, batch)
            found = follow(database, batch, worker.done, as_json=wish.as_json)
        finally:
            service.stop()
    # What ended the service ends this command too: its nodes are not done.
    worker.result()
    return found, batch


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the command as Ctrl-C does: by default they would leave a DHCP server behind."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    heeded = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _all_ended(found: list[Standing]) -> bool:
    return all(s.eta is None for s in found)


def _conclude(found: list[Standing], settings: Settings, batch: str, *, as_json: bool) -> int:
    code = overview.exit_code(found)
    folder = settings.state.reports(batch)
    if as_json:
        summary = {"event": "summary", "batch": batch, "exit_code": code, "reports": str(folder)}
        sys.stdout.write(json.dumps({**summary, "nodes": [s.as_json() for s in found]}) + "\n")
        return code
    for standing in found:
        for finding in (f for f in standing.findings if f.blocks):
            parts = (f"{standing.node}: {finding.verdict} {finding.requirement}", finding.part, finding.got)
            told = [*fold(" · ".join(p for p in parts if p), others="  "), *fold(finding.remedy, "  → ")]
            click.echo("\n".join(told))
    click.echo(f"\nbatch         {batch}")
    click.echo(f"reports       {folder}/index.html")
    for standing in (s for s in found if s.condition.value == "done"):
        click.echo(f"certificate   {folder}/{standing.node}.certificate.json")
    if (folder / "cloud").is_dir():
        click.echo(f"inventory     {folder}/cloud")
    return code
