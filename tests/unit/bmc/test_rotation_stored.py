"""`metalctl bmc rotate` of an enrolled node: its reference is the new one once that works, whenever metalctl dies."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from metalctl.bmc.credentials import lockout
from metalctl.bmc.errors import NotApplied, WrongPassword
from metalctl.bmc.redfish.act.users import RedfishAdmin
from metalctl.cli.bmc import bmc
from metalctl.cli.power import power
from metalctl.engine.reach.credentials import StoredRotation, connect
from metalctl.engine.settings import load
from metalctl.lab.fleet import Fleet
from metalctl.store import audit, nodes
from metalctl.store.database import open_database, sqlite_url
from metalctl.store.nodes import Node, Rotation
from tests.unit.bmc.running_fleet import open_sessions, running, url

SECRETS = {
    "factory": {"username": "admin", "password": "password"},
    "same": {"username": "admin", "password": "site-secret-1"},
    "own": {"username": "metalctl", "password": "site-secret-2"},
    "other": {"username": "admin", "password": "somebody-elses"},
}


class Killed(Exception):
    """The process died here."""


def dies(*_: Any, **__: Any) -> None:
    raise Killed


@dataclass
class Site:
    """A simulated BMC, metalctl's state beside it, and a node n1 that has the factory's credential."""

    fleet: Fleet
    state: Path
    engine: Engine
    secrets: Path

    def ref(self, name: str) -> str:
        return f"file:{self.secrets}#{name}"

    def run(self, *words: str) -> Result:
        """One command, in a process of its own as far as the lock-out guard knows."""
        lockout.forget()
        command, words = (power, words[1:]) if words[0] == "power" else (bmc, words)
        return CliRunner().invoke(command, [*words, "--state-dir", str(self.state)], catch_exceptions=True)

    def rotate(self, site: str, *words: str, where: str = "n1") -> Result:
        return self.run("rotate", where, "--site", self.ref(site), *words)

    def node(self, name: str = "n1") -> Node:
        with self.engine.connect() as connection:
            return nodes.get(connection, name)

    def reads(self) -> Result:
        return self.run("power", "status", "n1")

    def refused(self) -> int:
        return self.fleet.statistics.failed_logins

    def actions(self) -> list[str]:
        with self.engine.connect() as connection:
            return [row["action"] for row in audit.of_node(connection, "n1")]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps(SECRETS))
    secrets.chmod(0o600)
    state = load(None, tmp_path / "state").state.create()
    engine = open_database(sqlite_url(state.database))
    with running(base="127.78.41.1") as fleet:
        made = Site(fleet, tmp_path / "state", engine, secrets)
        with engine.begin() as connection:
            nodes.put(connection, "n1", url(fleet), made.ref("factory"), "compute")
        yield made
        assert open_sessions(fleet) == [0], "every session was closed"
    engine.dispose()


def good(done: Result) -> str:
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


@pytest.mark.parametrize("name", ["same", "own"])
def test_afterwards_every_command_uses_the_new_credential(site: Site, name: str) -> None:
    good(site.rotate(name))
    node = site.node()
    assert (node.credential, node.rotation) == (site.ref(name), None)
    assert "is " in good(site.reads())
    assert site.refused() == 0
    assert site.actions() == ["credential-rotation-begun", "credential-changed", "bmc-rotate"]


def test_no_secret_is_stored(site: Site) -> None:
    good(site.rotate("own"))
    with closing(sqlite3.connect(site.state / "metalctl.db")) as database:
        kept = "\n".join(database.iterdump())
    assert site.ref("own") in kept
    assert not [one["password"] for one in SECRETS.values() if f'"{one["password"]}"' in kept or "site-secret" in kept]


def test_again_it_is_proven_and_nothing_is_changed(site: Site) -> None:
    good(site.rotate("own"))
    told = json.loads(good(site.rotate("own", "--json")))
    assert (told["changed"], told["note"], site.refused()) == (False, "done before", 0)


def test_death_after_the_bmcs_change_costs_no_refused_login(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(StoredRotation, "proven", dies)
        assert isinstance(site.rotate("same").exception, Killed)
    assert site.node().credential == site.ref("factory")
    assert site.node().rotation == Rotation(site.ref("factory"), site.ref("same"))
    good(site.reads())
    node = site.node()
    assert (node.credential, node.rotation and node.rotation.proven) == (site.ref("same"), True)
    good(site.rotate("same"))
    assert site.node().rotation is None
    assert site.refused() == 0
    assert site.actions().count("credential-changed") == 1


def test_after_a_death_the_factorys_secret_may_be_gone_from_the_file(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(StoredRotation, "proven", dies)
        site.rotate("same")
    site.secrets.write_text(json.dumps({name: one for name, one in SECRETS.items() if name != "factory"}))
    good(site.reads())
    assert site.node().credential == site.ref("same")


def test_death_before_the_bmcs_change_costs_one_refused_login_and_not_two(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(RedfishAdmin, "set_password", dies)
        assert isinstance(site.rotate("same").exception, Killed)
    for _ in range(3):
        good(site.reads())
    assert (site.node().credential, site.node().rotation) == (site.ref("factory"), None)
    assert site.refused() == 1
    assert "credential-rotation-undone" in site.actions()


def test_death_before_the_factorys_account_is_shut_is_mended_by_the_same_command(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(RedfishAdmin, "disable", dies)
        assert isinstance(site.rotate("own").exception, Killed)
    assert site.node().credential == site.ref("own"), "it was proven before"
    good(site.reads())
    assert site.fleet.bmcs[0].auth._known().keys() == {"admin", "metalctl"}
    good(site.rotate("own"))
    assert site.fleet.bmcs[0].auth._known().keys() == {"metalctl"}
    assert (site.refused(), site.node().rotation) == (0, None)


def test_another_rotation_first_finds_out_how_the_last_one_ended(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(StoredRotation, "proven", dies)
        site.rotate("same")
    good(site.rotate("own"))
    assert (site.node().credential, site.refused()) == (site.ref("own"), 0)


def test_when_neither_works_each_is_tried_once_and_no_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.engine.begin() as connection:
        nodes.begin_rotation(connection, "n1", Rotation(site.ref("other"), site.ref("same")))
    lockout.forget()
    for _ in range(3):
        with pytest.raises(WrongPassword):
            connect(site.engine, site.node())
    assert site.refused() == 2
    assert site.node().rotation, "nobody knows"


def test_a_password_that_is_put_back_leaves_the_factorys_reference(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    set_password = RedfishAdmin.set_password

    def cuts(self: RedfishAdmin, username: str, password: str) -> None:
        set_password(self, username, password if password == "password" else password[:5])

    monkeypatch.setattr(RedfishAdmin, "set_password", cuts)
    assert isinstance(site.rotate("same").exception, NotApplied)
    assert (site.node().credential, site.node().rotation) == (site.ref("factory"), None)
    good(site.reads())


@pytest.mark.parametrize("where", ["n1", "by its address"])
def test_all_nodes_behind_the_bmc_that_had_the_credential_get_the_new_one(site: Site, where: str) -> None:
    with site.engine.begin() as connection:
        nodes.put(connection, "n2", f"{url(site.fleet)}?system=2", site.ref("factory"), "compute")
        nodes.put(connection, "n3", f"{url(site.fleet)}?system=3", site.ref("other"), "compute")
        nodes.put(connection, "n4", "https://192.0.2.9", site.ref("factory"), "compute")
    words = () if where == "n1" else ("--credential", site.ref("factory"))
    good(site.rotate("own", *words, where=where if where == "n1" else url(site.fleet)))
    held = {name: site.node(name).credential.rpartition("#")[2] for name in ("n1", "n2", "n3", "n4")}
    assert held == {"n1": "own", "n2": "own", "n3": "other", "n4": "factory"}


def test_a_nodes_file_with_the_old_reference_does_not_forget_what_is_not_known(site: Site) -> None:
    pending = Rotation(site.ref("factory"), site.ref("same"))

    def put(credential: str) -> Rotation | None:
        with site.engine.begin() as connection:
            nodes.begin_rotation(connection, "n1", pending)
            nodes.put(connection, "n1", url(site.fleet), credential, "compute")
        return site.node().rotation

    assert put(site.ref("factory")) == pending
    assert put(site.ref("other")) is None


def test_the_engine_logs_in_by_the_same_rules(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from metalctl.engine.pipeline.services import Services

    services: Callable[..., Services] = Services
    with site.engine.begin() as connection:
        nodes.begin_rotation(connection, "n1", Rotation(site.ref("factory"), site.ref("same")))
    with services(site.engine, load(None, site.state)).open_bmc(site.node()) as session:
        assert session.power() in ("on", "off")
    assert (site.node().credential, site.node().rotation) == (site.ref("factory"), None)


def test_a_database_of_the_first_schema_gets_the_columns(tmp_path: Path) -> None:
    file = tmp_path / "metalctl.db"
    open_database(sqlite_url(file)).dispose()
    with sqlite3.connect(file) as database:
        database.execute("insert into nodes (name, bmc, credential, fingerprint, profile, created)"
                         " values ('n1', 'https://192.0.2.1', 'env:X', 'ab', 'compute', 'now')")  # fmt: skip
        for column in ("authorities", "rotation"):
            database.execute(f"alter table nodes drop column {column}")
        database.execute("update alembic_version set version_num = '0001'")
    database.close()
    engine = open_database(sqlite_url(file))
    with engine.connect() as connection:
        node = nodes.get(connection, "n1")
    engine.dispose()
    assert (node.fingerprint, node.authorities, node.rotation) == ("ab", "", None)
