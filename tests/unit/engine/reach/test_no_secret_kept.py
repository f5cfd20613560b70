"""The first stages against a real (replayed) BMC: its password is in nothing that is kept, be it right or wrong."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from metalctl.bmc.credentials import lockout
from metalctl.engine.evidence import reporting
from metalctl.engine.logs import to_file
from metalctl.engine.pipeline.outcome import Next
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.tick import Ticker
from metalctl.engine.state import StateDir
from metalctl.lab.fleet.replay import Replay
from metalctl.store import enrollments, nodes

PASSWORD = "correct-horse-battery"
WRONG = "tr0ub4dor-and-3"
SYSTEM = "/redfish/v1/Systems/1"
TREE = {
    "/redfish/v1": {"@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot", "Id": "Root", "Name": "Root",
                    "Product": "Acme BMC", "Systems": {"@odata.id": "/redfish/v1/Systems"}},
    "/redfish/v1/Systems": {"Members": [{"@odata.id": SYSTEM}], "Members@odata.count": 1},
    SYSTEM: {"@odata.id": SYSTEM, "Id": "1", "Name": "S", "SerialNumber": "S-77", "PowerState": "On",
             "UUID": "aaaaaaaa-0000-4000-8000-000000000001"},
}  # fmt: skip


@pytest.fixture
def bmc() -> Iterator[Replay]:
    lockout.forget()
    with Replay(TREE, "admin", PASSWORD) as server:
        yield server
    lockout.forget()


@pytest.fixture(autouse=True)
def log(state: StateDir) -> Iterator[Path]:
    """Everything that any library logs, down to debug."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    path = state.path / "metalctl.log"
    to_file(path)
    root.setLevel(logging.DEBUG)
    yield path
    for handler in set(root.handlers) - set(before):
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def _kind(found: Next) -> str:
    if not found.ended:
        return "wait"
    return "done" if found.passed else "failed"


def walk(
    services: Services, enrolled: Callable[..., str], bmc: Replay, tmp_path: Path, password: str, certificate: str = ""
) -> list[Any]:
    """Discover and verify, and write the report; what each tick came to. certificate: the one recorded before."""
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps({"lab": {"username": "admin", "password": password}}))
    secrets.chmod(0o600)
    enrollment = enrolled()
    with services.database.begin() as connection:
        nodes.put(connection, "n1", bmc.url, f"file:{secrets}#lab", "lab/compute")
        nodes.change(connection, "n1", fingerprint=certificate)
    outcomes = [_kind(Ticker(services)(enrollment, stage)) for stage in ("discovered", "verified")]
    reporting.write_node(services.database, services.settings.state, enrollment)
    secrets.unlink()
    return outcomes


@pytest.mark.parametrize(("password", "outcomes"), [(PASSWORD, ["done", "done"]), (WRONG, ["done", "failed"])])
def test_the_password_is_in_no_row_log_report_or_argument(
    password: str,
    outcomes: list[str],
    services: Services,
    enrolled: Callable[..., str],
    bmc: Replay,
    tmp_path: Path,
    log: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert walk(services, enrolled, bmc, tmp_path, password) == outcomes
    assert log.stat().st_mode & 0o077 == 0
    assert bmc.authorized or password == WRONG
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"metalctl.db", "metalctl.log", "n1.html", "n1.json"} <= {path.name for path in kept}
    assert log.stat().st_size
    for path in kept:
        assert password.encode() not in path.read_bytes(), path
    assert password not in "".join(capfd.readouterr())
    assert password not in " ".join(sys.argv)


def test_a_wrong_password_is_told_as_such_and_not_as_a_fault_of_the_hardware(
    services: Services, enrolled: Callable[..., str], bmc: Replay, tmp_path: Path
) -> None:
    walk(services, enrolled, bmc, tmp_path, WRONG)
    with services.database.connect() as connection:
        found = enrollments.latest(connection, "n1")
    assert found.fault == "metalctl"
    assert "refus" in found.why or "log" in found.why


def test_a_bmc_with_another_certificate_than_before_is_sent_no_password_and_not_recorded(
    services: Services, enrolled: Callable[..., str], bmc: Replay, tmp_path: Path
) -> None:
    outcomes = walk(services, enrolled, bmc, tmp_path, PASSWORD, certificate="ab" * 32)
    assert outcomes == ["failed", "failed"]  # a stage after one that failed is not walked
    assert (bmc.authorized, bmc.basics) == (0, 0)
    assert not any(method == "POST" for method, _ in bmc.requests)
    with services.database.connect() as connection:
        assert nodes.get(connection, "n1").fingerprint == "ab" * 32


def test_the_certificate_seen_first_is_recorded(
    services: Services, enrolled: Callable[..., str], bmc: Replay, tmp_path: Path
) -> None:
    walk(services, enrolled, bmc, tmp_path, PASSWORD)
    with services.database.connect() as connection:
        assert nodes.get(connection, "n1").fingerprint == bmc.fingerprint
