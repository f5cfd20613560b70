"""Against pyghmi's IPMI 2.0 server on loopback, of which virtualbmc is made: sessions, passwords, the worker's end."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from metalctl.bmc import Credential, connect, discover
from metalctl.bmc.credentials import lockout
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BootNotSet, Unreachable, WrongPassword
from metalctl.bmc.ipmi import client
from metalctl.bmc.ipmi.bmc import IpmiBmc
from metalctl.bmc.ipmi.ipmitool import Ipmitool, available
from tests.integration.bmc.conftest import GOOD, GUID, open_bmc


@pytest.fixture(autouse=True)
def _nothing_refused_yet() -> None:
    lockout.forget()


def children() -> list[int]:
    """Processes that this one started and that still run."""
    found = []
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended meanwhile
            found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


def arguments_of_children() -> list[bytes]:
    """What they were started with; a process that has ended has none."""
    found = []
    for pid in children():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found.append(Path(f"/proc/{pid}/cmdline").read_bytes())
    return found


def test_it_is_discovered_without_a_credential(server: Endpoint) -> None:
    (found,) = discover([str(server)], timeout=60)
    assert (found.protocol, found.product) == ("ipmi", "IPMI 2.0")


def test_identity_and_inventory_are_what_ipmi_tells(server: Endpoint) -> None:
    with connect(server, GOOD) as bmc:
        found = bmc.inventory()
    assert found.identity.uuid == GUID
    assert (found.power, found.emulated, found.unreadable) == ("off", True, ())
    assert found.cpu.cores is None


@pytest.mark.parametrize("through", ["pyghmi", "ipmitool"])
def test_power_and_boot_device_are_reached_and_read_back(server: Endpoint, through: str) -> None:
    with open_bmc(server, through) as bmc:
        bmc.set_power("off", timeout=60)
        bmc.set_power("cycle", timeout=60)
        assert bmc.power() == "on"
        bmc.set_boot("disk")
        bmc.set_boot("pxe")
        assert bmc.boot() == "pxe"
        bmc.set_power("off", timeout=60)
        assert bmc.power() == "off"
        with pytest.raises(BootNotSet):
            bmc.set_boot("pxe", mode="uefi")  # this server forgets the mode, and is found out


def test_it_is_pyghmi_that_is_used_and_not_its_fallback(server: Endpoint) -> None:
    with IpmiBmc(server, GOOD) as bmc:
        assert isinstance(bmc._session, client.Worker)


def test_a_second_session_to_the_same_bmc_works(server: Endpoint) -> None:
    for _ in range(2):
        with connect(server, GOOD) as bmc:
            assert bmc.power() in ("on", "off")


def test_the_password_is_in_no_argument_and_the_worker_ends(server: Endpoint) -> None:
    with connect(server, GOOD) as bmc:
        bmc.power()
        arguments = arguments_of_children()
        assert any(b"metalctl.bmc.ipmi.worker" in line for line in arguments)
        assert not any(GOOD.password.encode() in line for line in arguments)
    assert not [line for line in arguments_of_children() if b"ipmi.worker" in line]


def test_a_wrong_password_is_refused_and_not_repeated(server: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Credential("admin", "hunter2")
    logins: list[Endpoint] = []
    log_in = client.Worker._login

    def counted(worker: client.Worker, address: str, credential: Credential) -> None:
        logins.append(worker._endpoint)
        log_in(worker, address, credential)

    monkeypatch.setattr(client.Worker, "_login", counted)
    with pytest.raises(WrongPassword) as caught:
        connect(server, wrong)
    assert "hunter2" not in caught.value.message
    with pytest.raises(WrongPassword, match="not tried again"):
        connect(server, wrong)
    assert len(logins) == 1


@pytest.mark.skipif(not available(), reason="ipmitool is not installed")
def test_ipmitool_tells_a_wrong_password_too(server: Endpoint) -> None:
    with pytest.raises(WrongPassword):
        Ipmitool(server, server.address, Credential("admin", "hunter2"), 180).ask("power")


def test_an_unknown_user_is_an_error_that_says_so(server: Endpoint) -> None:
    with pytest.raises(Unreachable, match="login of user nobody"):
        connect(server, Credential("nobody", "x"), timeout=5)


def test_a_worker_that_dies_is_an_error_and_not_a_hang(server: Endpoint) -> None:
    from metalctl.bmc.errors import BmcError

    with IpmiBmc(server, GOOD) as bmc:
        assert isinstance(bmc._session, client.Worker)
        bmc._session._process.kill()
        with pytest.raises(BmcError, match="worker"):
            bmc.power()
