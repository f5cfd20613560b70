"""--ca, the settings' bmc.ca and a node's remembered CAs: wherever a certificate is verified, before any credential."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from metalctl.bmc import Credential, connect, parse_endpoint, probe
from metalctl.bmc.errors import BmcError, CertificateChanged, CertificateUntrusted
from metalctl.cli._enroll import Wish, _authorities
from metalctl.cli._options import Home
from metalctl.cli.bmc import bmc
from metalctl.cli.discover import discover
from metalctl.cli.enroll import enroll
from metalctl.cli.inspect import inspect
from metalctl.cli.power import power
from metalctl.engine.pipeline.stages import discovered
from metalctl.engine.reach.credentials import connect as connect_node
from metalctl.engine.settings import load
from metalctl.lab.fleet import replay as replaying
from metalctl.lab.fleet.replay import Replay
from metalctl.model.errors import UsageError
from metalctl.store import nodes
from metalctl.store.database import open_database, sqlite_url
from tests.unit.bmc.test_read_trust import signed_for

GOOD = Credential("admin", "s3cret")
Serve = Callable[..., Any]


@pytest.fixture
def serve(tree: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """serve(): a BMC whose certificate the CA in ca.pem vouches for, for its address unless told otherwise."""

    @contextmanager
    def begin(address: str = "127.0.0.1", port: int = 0, at: str = "127.0.0.1") -> Iterator[Replay]:
        with ExitStack() as stack:
            with monkeypatch.context() as patched:
                patched.setattr(replaying, "certificate", signed_for(tmp_path / "ca.pem", address))
                server = stack.enter_context(Replay(tree, "admin", "s3cret", at, port))
            yield server

    return begin


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_database(sqlite_url(load(None, tmp_path / "state").state.create().database))
    yield made
    made.dispose()


def run(command: Any, tmp_path: Path, *words: str) -> Result:
    env = {"BMC_USERNAME": "admin", "BMC_PASSWORD": "s3cret"}
    if (command, words[0]) == (bmc, "power"):
        command, words = power, words[1:]
    return CliRunner().invoke(command, [*words, "--state-dir", str(tmp_path / "state")], env=env)


def test_reading_and_acting_work_under_the_authority(serve: Serve, tmp_path: Path) -> None:
    with serve() as server:
        place = (server.url, "--credential", "env:BMC", "--ca", str(tmp_path / "ca.pem"))
        for command, words in ((power, ("status",)), (inspect, ("--out-of-band", "--json")), (bmc, ("boot", "pxe"))):
            done = run(command, tmp_path, *words, *place)
            assert done.exit_code == 0, (done.output, done.exception)
        done = run(bmc, tmp_path, "get", server.url, "/redfish/v1/Systems", *place[1:])
        assert done.exit_code == 0, done.exception


@pytest.mark.parametrize("words", [("power", "status"), ("boot", "pxe"), ("get",), ("rotate",), ("probe",)])
def test_a_certificate_that_it_does_not_vouch_for_gets_nothing(
    serve: Serve, replay: Replay, tmp_path: Path, words: tuple[str, ...]
) -> None:
    more = {"get": ("/redfish/v1/Systems",), "rotate": ("--site", "env:BMC2")}.get(words[0], ())
    with serve("127.0.0.9") as elsewhere, pytest.MonkeyPatch.context() as patched:
        patched.setenv("BMC2_USERNAME", "metalctl")
        patched.setenv("BMC2_PASSWORD", "site-pass-1")
        for server in (replay, elsewhere):
            place = (server.url, *more, "--credential", "env:BMC", "--ca", str(tmp_path / "ca.pem"))
            assert isinstance(run(bmc, tmp_path, *words, *place).exception, CertificateUntrusted)
            assert not server.requests


def test_probing_without_a_credential_is_held_to_it_too(serve: Serve, replay: Replay, tmp_path: Path) -> None:
    with serve() as server:
        told = run(bmc, tmp_path, "probe", server.url, "--json", "--ca", str(tmp_path / "ca.pem"))
        assert json.loads(told.stdout)["fingerprint"] == server.fingerprint
        refused = run(bmc, tmp_path, "probe", replay.url, "--ca", str(tmp_path / "ca.pem"))
        assert isinstance(refused.exception, CertificateUntrusted)


def test_the_settings_authority_is_for_who_is_not_known_otherwise(
    serve: Serve, replay: Replay, engine: Engine, tmp_path: Path
) -> None:
    with serve() as server:
        (tmp_path / "settings.yaml").write_text(f"bmc: {{ca: {tmp_path / 'ca.pem'}}}\n")
        config = ("--config", str(tmp_path / "settings.yaml"))
        assert run(power, tmp_path, "status", server.url, "--credential", "env:BMC", *config).exit_code == 0
        done = run(power, tmp_path, "status", replay.url, "--credential", "env:BMC", *config)
        assert isinstance(done.exception, CertificateUntrusted)
        with engine.begin() as connection:
            nodes.put(connection, "n1", replay.url, "env:BMC", "compute")
            nodes.change(connection, "n1", fingerprint=replay.fingerprint)
        assert run(power, tmp_path, "status", "n1", *config).exit_code == 0, "it was pinned before"
        named = run(power, tmp_path, "status", "n1", "--ca", str(tmp_path / "ca.pem"))
        assert isinstance(named.exception, CertificateUntrusted), "what is named counts"


@pytest.mark.parametrize("words", [("power", "status"), ("boot", "pxe"), ("get",), ("rotate",), ("probe",)])
def test_an_enrolled_nodes_bmc_given_by_its_address_is_held_to_what_was_recorded(
    replay: Replay, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("BMC2_USERNAME", "metalctl")
    monkeypatch.setenv("BMC2_PASSWORD", "site-pass-1")
    more = {"get": ("/redfish/v1/Systems",), "rotate": ("--site", "env:BMC2")}.get(words[0], ())
    with engine.begin() as connection:
        nodes.put(connection, "n1", f"{replay.url}?system=1", "env:BMC", "compute")
        nodes.change(connection, "n1", fingerprint="ab" * 32)
    done = run(bmc, tmp_path, *words, replay.url, *more, "--credential", "env:BMC")
    assert isinstance(done.exception, CertificateChanged), done.output
    assert not replay.requests


def stage(engine: Engine, name: str) -> Any:
    """As much of a stage's context as `discovered` uses."""
    with engine.connect() as connection:
        node = nodes.get(connection, name)
    return SimpleNamespace(node=node, store=engine.begin, audit=lambda *_, **__: None)


def test_a_node_enrolled_under_an_authority_is_read_under_it_also_when_the_certificate_was_renewed(
    serve: Serve, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BMC_USERNAME", "admin")
    monkeypatch.setenv("BMC_PASSWORD", "s3cret")
    own = "127.66.6.1"  # no connection goes out from there, and takes the port between the two
    with serve(own, at=own) as server:
        with engine.begin() as connection:
            nodes.put(connection, "n1", server.url, "env:BMC", "compute", str(tmp_path / "ca.pem"))
        evidence = discovered.tick(stage(engine, "n1")).evidence  # type: ignore[union-attr]
        assert evidence["certificate_sha256"] == server.fingerprint
        assert evidence["authorities"].endswith("ca.pem")
        port = server.port
    with serve(own, port, own) as renewed:
        assert renewed.fingerprint != server.fingerprint
        discovered.tick(stage(engine, "n1"))
        with connect_node(engine, stage(engine, "n1").node) as session:
            session.set_boot("pxe")
        with engine.begin() as connection:
            assert nodes.get(connection, "n1").fingerprint == ""
            nodes.put(connection, "n1", renewed.url, "env:BMC", "compute")
            assert nodes.get(connection, "n1").authorities, "a nodes file without --ca does not weaken it"


def test_a_node_whose_bmc_is_not_vouched_for_gets_nothing(
    serve: Serve, replay: Replay, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BMC_USERNAME", "admin")
    monkeypatch.setenv("BMC_PASSWORD", "s3cret")
    with serve():
        with engine.begin() as connection:
            nodes.put(connection, "n1", replay.url, "env:BMC", "compute", str(tmp_path / "ca.pem"))
        with pytest.raises(CertificateUntrusted):
            discovered.tick(stage(engine, "n1"))
        with pytest.raises(CertificateUntrusted):
            connect_node(engine, stage(engine, "n1").node)
    assert not replay.requests


def test_a_fingerprint_beside_an_authority_must_hold_too(serve: Serve, tmp_path: Path) -> None:
    with serve() as server:
        endpoint = replace(parse_endpoint(server.url), authorities=tmp_path / "ca.pem", fingerprint="ab" * 32)
        for call in (lambda: probe(endpoint), lambda: connect(endpoint, GOOD)):
            with pytest.raises(CertificateChanged):
                call()
        assert not server.requests


def test_enroll_remembers_the_authority_and_refuses_a_file_that_is_none(serve: Serve, tmp_path: Path) -> None:
    def chosen(config: str = "", retry: bool = False, ca: Path | None = None) -> str:
        (tmp_path / "s.yaml").write_text(config or "{}")
        home = Home(tmp_path / "s.yaml", tmp_path / "state")
        wish = Wish(("n",), "quick", False, retry, False, False, home, ca=ca)
        return _authorities(wish, wish.home.settings())

    with serve():
        file = str(tmp_path / "ca.pem")
        assert chosen() == ""
        assert chosen(ca=tmp_path / "ca.pem") == chosen(f"bmc: {{ca: {file}}}") == file
        assert chosen(f"bmc: {{ca: {file}}}", retry=True) == ""
    for wrong in (tmp_path / "s.yaml", tmp_path / "missing.pem"):
        with pytest.raises(BmcError, match=r"certificate authorities|file not found"):
            chosen(ca=wrong)
    done = run(enroll, tmp_path, "--retry", "n1", "--ca", str(tmp_path / "ca.pem"))
    assert (done.exit_code, "--retry" in done.output) == (2, True)
    with pytest.raises(UsageError, match="bmc"):
        chosen("bmc: {cas: x}")


def test_discovery_tells_who_is_vouched_for_and_leaves_the_others_out(
    serve: Serve, replay: Replay, tmp_path: Path
) -> None:
    out = tmp_path / "nodes.csv"
    with serve() as server:
        words = (server.url, replay.url, "--ca", str(tmp_path / "ca.pem"), "--json", "-o", str(out))
        done = run(discover, tmp_path, *words)
        assert done.exit_code == 0, done.exception
        rows = {row["bmc"]: row for row in json.loads(done.stdout)}
        assert (rows[server.url]["vouched"], rows[server.url]["notes"]) == (True, [])
        assert rows[replay.url]["vouched"] is False
        assert "not signed" in rows[replay.url]["notes"][0]
        assert [row["bmc"] for row in csv.DictReader(out.read_text().splitlines())] == [server.url]
        assert "not in the nodes file" in done.stderr
        plain = json.loads(run(discover, tmp_path, replay.url, "--json").stdout)
        assert [row["vouched"] for row in plain] == [None]
        assert server.authorized == replay.authorized == 0


def test_a_renewed_file_of_authorities_is_read_again(serve: Serve, tmp_path: Path) -> None:
    with serve() as first:
        endpoint = replace(parse_endpoint(first.url), authorities=tmp_path / "ca.pem")
        probe(endpoint)
        with serve() as second:
            probe(replace(endpoint, port=second.port))
            with pytest.raises(CertificateUntrusted):
                probe(endpoint)
