"""`metalctl bmc get`: one resource, under the same rules about certificates, hosts, bytes, time and logins."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from metalctl.bmc import Credential, parse_endpoint
from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import (
    Astray,
    BadAnswer,
    BadTarget,
    BmcError,
    CertificateChanged,
    Missing,
    Unreachable,
    Unsupported,
    WrongPassword,
)
from metalctl.bmc.redfish import raw
from metalctl.bmc.redfish.client import transport
from metalctl.bmc.redfish.client.http import Client
from metalctl.cli.bmc import bmc
from metalctl.lab.fleet.replay import Fault, Replay
from tests.unit.bmc.running_fleet import open_sessions, running, url

pytestmark = pytest.mark.slow  # they wait: for time-outs, retries, processes

GOOD = Credential("admin", "password")
SYSTEMS = "/redfish/v1/Systems"


def test_a_resource_is_printed_as_it_is_and_the_session_is_closed(tmp_path: Path) -> None:
    env = {"BMC_USERNAME": "admin", "BMC_PASSWORD": "password", "METALCTL_STATE": str(tmp_path)}
    with running(base="127.78.44.1") as fleet:
        words = ["get", url(fleet), SYSTEMS, "--credential", "env:BMC"]
        pretty, line = (CliRunner().invoke(bmc, [*words, *more], env=env) for more in ((), ("--json",)))
        assert json.loads(pretty.stdout) == json.loads(line.stdout) == fleet.bmcs[0].resource(SYSTEMS)
        assert (pretty.stdout.count("\n") > 5, line.stdout.count("\n")) == (True, 1)
        statistics = fleet.statistics
        assert (statistics.logins, statistics.logouts, open_sessions(fleet)) == (2, 2, [0])
        assert set(statistics.methods) == {"GET", "POST", "DELETE"}


@pytest.mark.parametrize(
    "path",
    ["/", "/redfish", "/redfish/v1x", "redfish/v1", "/redfish/v1/../../admin", "/redfish/v1/%2e%2e/admin",
     "/redfish/v1/%252e%252e/x", "//evil/redfish/v1", "/redfish/v1//evil", "https://evil/redfish/v1", "/redfish/v1/a b",
     "/redfish/v1/a\r\nX: y", "/redfish/v1/%0d%0aX", "/redfish/v1\\x", ""],
)  # fmt: skip
def test_a_path_off_the_service_root_is_refused_before_anything_is_sent(path: str, replay: Replay) -> None:
    with pytest.raises(BadTarget, match="not a path below"):
        raw.get(parse_endpoint(replay.url), GOOD, path)
    assert not replay.requests


def test_a_query_may_follow() -> None:
    assert raw.checked("/redfish/v1/Systems?$expand=.($levels=1)")
    assert raw.checked("/redfish/v1") == "/redfish/v1"


def test_another_certificate_gets_nothing(replay: Replay) -> None:
    with pytest.raises(CertificateChanged):
        raw.get(replace(parse_endpoint(replay.url), fingerprint="ab" * 32), Credential("admin", "s3cret"), SYSTEMS)
    assert not replay.requests


def test_a_certificate_that_changes_after_it_was_verified_gets_nothing(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def verified(endpoint: Endpoint, timeout: float) -> tuple[Client, dict[str, Any]]:
        return Client(replace(endpoint, fingerprint="cd" * 32), timeout), {"Systems": {"@odata.id": SYSTEMS}}

    monkeypatch.setattr(raw, "verified", verified)
    with pytest.raises(CertificateChanged):
        raw.get(parse_endpoint(replay.url), Credential("admin", "s3cret"), SYSTEMS)
    assert not replay.requests


def test_a_wrong_password_is_sent_once() -> None:
    with running(base="127.78.44.2") as fleet:
        for _ in range(3):
            with pytest.raises(WrongPassword):
                raw.get(parse_endpoint(url(fleet)), Credential("admin", "wrong"), SYSTEMS)
        assert fleet.statistics.failed_logins == 1


def test_equipment_without_systems_and_sessions_is_read_too() -> None:
    equipment = "/redfish/v1/PowerEquipment"
    tree = {
        "/redfish/v1": {
            "@odata.id": "/redfish/v1",
            "RedfishVersion": "1.9.0",
            "PowerEquipment": {"@odata.id": equipment},
        },
        equipment: {"@odata.id": equipment, "Name": "Feeds"},
    }
    with Replay(tree, "admin", "s3cret") as pdu:
        assert raw.get(parse_endpoint(pdu.url), Credential("admin", "s3cret"), equipment)["Name"] == "Feeds"
        with pytest.raises(WrongPassword):
            raw.get(parse_endpoint(pdu.url), Credential("admin", "other"), equipment)
    lockout.forget()


def test_without_sessions_it_is_basic() -> None:
    with running(base="127.78.44.3", sessions=0) as fleet:
        assert raw.get(parse_endpoint(url(fleet)), GOOD, SYSTEMS)["Members"]


def test_no_login_of_netrc_goes_out(replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login stranger password hunter2\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert raw.get(parse_endpoint(replay.url), Credential("admin", "s3cret"), SYSTEMS)["Members"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(404), Missing),
        (Fault(500), BadAnswer),
        (Fault(body="hello"), BadAnswer),
        (Fault(body="[1]"), BadAnswer),
        (Fault(body="[" * 100_000), BadAnswer),
        (Fault(body='"' + "x" * (5 << 20) + '"'), Astray),
        (Fault(status=302, location="https://127.0.0.9/redfish/v1/x"), Astray),
        (Fault(status=302, location="http://127.0.0.1/redfish/v1/x"), Astray),
        (Fault(status=301, location="/redfish/v1/Systems/"), BadAnswer),
    ],
)
def test_what_a_bmc_answers_is_bounded_and_told(replay: Replay, fault: Fault, error: type[BmcError]) -> None:
    replay.faults[SYSTEMS] = fault
    with pytest.raises(error) as caught:
        raw.get(parse_endpoint(replay.url), Credential("admin", "s3cret"), SYSTEMS)
    assert caught.value.hint
    assert "s3cret" not in repr((caught.value.args, caught.value.fields))


def test_the_session_is_closed_after_an_error_and_a_refused_logout() -> None:
    with running(base="127.78.44.4", faults=("unauthorized-once",)) as fleet:
        for _ in range(3):
            with pytest.raises(Missing):
                raw.get(parse_endpoint(url(fleet)), GOOD, f"{SYSTEMS}/none")
        assert open_sessions(fleet) == [0]


@pytest.mark.parametrize(
    ("deadline", "largest", "error", "told"),
    [(6.0, 1 << 50, Unreachable, "did not answer"), (250.0, 1 << 18, Astray, "larger than")],
    ids=["time", "size"],
)
def test_an_answer_without_end_is_cut_off(
    deadline: float, largest: int, error: type[BmcError], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One limit at a time: which of the two comes first is a matter of the machine."""
    endless = "/redfish/v1/UpdateService/FirmwareInventory"
    monkeypatch.setattr(transport, "LARGEST", largest)
    monkeypatch.setattr(transport, "LARGEST_TOGETHER", max(largest, 1 << 40))
    with running(base="127.78.44.5", faults=("endless-stream",)) as fleet:
        with pytest.raises(error, match=told) as caught:
            raw.get(parse_endpoint(url(fleet)), GOOD, endless, timeout=deadline, deadline=deadline)
        assert caught.value.hint
        assert open_sessions(fleet) == [0], "also after the deadline"


def test_ipmi_has_no_resources() -> None:
    with pytest.raises(Unsupported, match="no resources"):
        raw.get(parse_endpoint("ipmi://127.0.0.1"), GOOD, SYSTEMS)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    lockout.forget()
