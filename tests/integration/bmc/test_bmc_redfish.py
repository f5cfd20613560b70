"""Against sushy-tools' emulator itself (fake driver: power takes 4 to 5 s to change), over HTTPS with a password."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from metalctl.bmc import Credential, Endpoint, connect, discover, parse_endpoint, probe
from metalctl.bmc.credentials import lockout
from metalctl.bmc.errors import CertificateChanged, PowerNotReached, WrongPassword
from metalctl.lab.rack.bmcs import make_certificate
from tests.integration.bmc.conftest import EMULATOR, own_address

pytest.importorskip("sushy_tools", reason="the lab extra (sushy-tools) is not installed")
bcrypt = pytest.importorskip("bcrypt", reason="the lab extra (bcrypt) is not installed")

UUID = "27946b59-9e44-4fa7-8e91-f3527a1ef094"
MAC = "00:5c:52:31:3a:9c"
GOOD = Credential("admin", "s3cret")


@dataclass(frozen=True)
class Emulator:
    endpoint: Endpoint
    fingerprint: str


# By itself it rolls dice between 0 and 11 seconds: where nothing is waited for, a test could not tell early from late.
RUN = """
import random
random.randint = lambda low, high: 5
from sushy_tools.emulator.main import main
main()
"""


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    home = tmp_path_factory.mktemp("emulator")
    address = own_address()
    fingerprint = make_certificate(home, "emulator", address)
    hashed = bcrypt.hashpw(b"s3cret", bcrypt.gensalt(rounds=4)).decode()
    (home / "htpasswd").write_text(f"admin:{hashed}\n")
    settings = {
        "SUSHY_EMULATOR_LISTEN_IP": address,
        "SUSHY_EMULATOR_LISTEN_PORT": EMULATOR,
        "SUSHY_EMULATOR_SSL_CERT": str(home / "cert.pem"),
        "SUSHY_EMULATOR_SSL_KEY": str(home / "key.pem"),
        "SUSHY_EMULATOR_AUTH_FILE": str(home / "htpasswd"),
        "SUSHY_EMULATOR_FAKE_DRIVER": True,
        "SUSHY_EMULATOR_STATE_DIR": str(home),
    }
    (home / "conf").write_text("".join(f"{key} = {value!r}\n" for key, value in settings.items()))
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, "--fake", "--config", str(home / "conf")],
            stdout=log, stderr=log, env={"TMPDIR": str(home), "PATH": os.environ["PATH"]},
        )  # fmt: skip
    try:
        wait_for_port(process, home / "log")
        yield Emulator(parse_endpoint(f"https://{address}:{EMULATOR}"), fingerprint)
    finally:
        process.terminate()
        process.wait(60)


def wait_for_port(process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(1200):
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection((own_address(), EMULATOR), 5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(log.read_text())


@pytest.fixture(autouse=True)
def _nothing_refused_yet() -> None:
    lockout.forget()


def test_it_is_discovered_and_probed_without_a_credential(emulator: Emulator) -> None:
    (found,) = discover([str(emulator.endpoint)], timeout=60)
    assert (found.protocol, found.fingerprint) == ("redfish", emulator.fingerprint)
    assert found == probe(emulator.endpoint)


def test_its_inventory_is_read_and_known_to_be_emulated(emulator: Emulator) -> None:
    with connect(emulator.endpoint, GOOD) as bmc:
        found = bmc.inventory()
    assert found.emulated
    assert (found.identity.uuid, found.identity.macs) == (UUID, (MAC,))
    assert found.power in ("on", "off")
    assert found.cpu.cores is None, "its processor list is not believed"
    assert "bios" not in {f.component for f in found.firmware}, "nor its BIOS version, a constant"
    unread = {u.fact for u in found.unreadable}
    # It links to more than it has.
    lists = {"disks", "controllers", "volumes", "memory.dimms", "firmware"}
    assert {"cpu", "firmware.bios"} <= unread <= {"cpu", "firmware.bios", *lists}


def test_a_wrong_password_and_a_changed_certificate_are_told_apart(emulator: Emulator) -> None:
    with pytest.raises(WrongPassword):
        connect(emulator.endpoint, Credential("admin", "wrong"))
    with pytest.raises(CertificateChanged):
        connect(replace(emulator.endpoint, fingerprint="ab" * 32), GOOD)


@pytest.mark.slow
def test_power_and_boot_device_are_reached_and_read_back(emulator: Emulator) -> None:
    with connect(emulator.endpoint, GOOD) as bmc:
        bmc.set_boot("pxe", mode="uefi")
        assert bmc.boot() == "pxe"
        bmc.set_power("on", timeout=60)
        assert bmc.power() == "on"
        with pytest.raises(PowerNotReached) as caught:
            bmc.set_power("off", timeout=0.1)
        assert caught.value.fields["got"] == "on", "the emulator takes four seconds: too early is not believed"
        bmc.set_power("off", timeout=60)
        assert bmc.power() == "off"
        bmc.set_boot("disk")
        assert bmc.boot() == "disk"


def test_the_command_line_tells_the_power_state(emulator: Emulator, tmp_path: Path) -> None:
    from metalctl.cli.power import power

    file = tmp_path / "secrets.json"
    file.write_text(json.dumps({"lab": {"username": "admin", "password": "s3cret"}}))
    file.chmod(0o600)
    arguments = ["status", str(emulator.endpoint), "--credential", f"file:{file}#lab", "--state-dir", str(tmp_path)]
    done = CliRunner().invoke(power, arguments)
    assert done.exit_code == 0, done.output
    assert " is o" in done.stdout
    assert "s3cret" not in done.output
