"""Against two IPMI 2.0 servers on loopback: pyghmi's (which virtualbmc is made of) and OpenIPMI's ipmi_sim."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from metalctl.bmc import Bmc, Credential, connect, discover, lockout, parse_endpoint, probe
from metalctl.bmc.audit import Act
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BootNotSet, Unreachable, Unsupported, WrongPassword
from metalctl.bmc.ipmi import client
from metalctl.bmc.ipmi.bmc import IpmiBmc
from metalctl.bmc.ipmi.ipmitool import Ipmitool, available
from tests.unit.bmc import ipmi_bytes as made

GOOD = Credential("admin", "s3cret-in-argv")
GUID = "12345678-1234-5678-9abc-def012345678"
SERVER = f'''
import sys, uuid
from pyghmi.ipmi.bmc import Bmc

class Machine(Bmc):
    state, device = "off", 0
    def get_power_state(self): return self.state
    def power_on(self): self.state = "on"
    def power_off(self): self.state = "off"
    def power_reset(self): self.state = "on"
    def get_boot_device(self): return self.device
    def set_boot_device(self, device): self.device = {{"network": 4, "hd": 8}}[device]
    def get_system_guid(self): return uuid.UUID("{GUID}")

Machine({{"admin": "s3cret-in-argv"}}, port=int(sys.argv[1]), address="127.0.0.1").listen(1)
'''
SIM_LAN = """name "sim"
set_working_mc 0x20
startlan 1
  addr 127.0.0.1 {port}
  priv_limit admin
  allowed_auths_callback none md2 md5 straight
  allowed_auths_user none md2 md5 straight
  allowed_auths_operator none md2 md5 straight
  allowed_auths_admin none md2 md5 straight
  guid a123456789abcdefa123456789abcdef
endlan
user 1 true "" "" user 10 none
user 2 true "admin" "s3cret-in-argv" admin 10 none md2 md5 straight
"""
SIM_COMMANDS = """mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_add_fru_data 0x20 0 {system} file 0 "{home}/system.fru"
mc_add_fru_data 0x20 1 {supply} file 0 "{home}/supply.fru"
{records}
sensor_add 0x20 0 1 1 1
sensor_set_value 0x20 0 1 42 0
sensor_add 0x20 0 2 4 1
sensor_set_value 0x20 0 2 60 0
sensor_add 0x20 0 3 2 1
sensor_set_value 0x20 0 3 192 0
sensor_add 0x20 0 4 8 0x6f
sensor_set_bit 0x20 0 4 0 1 0
{events}
mc_enable 0x20
"""


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(argv: list[str], port: int, home: Path) -> Iterator[Endpoint]:
    """A server that answers our ping, ended by its own pid."""
    endpoint = parse_endpoint(f"ipmi://127.0.0.1:{port}")
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=home)
    try:
        for _ in range(60):
            assert process.poll() is None, (home / "log").read_text()
            try:
                probe(endpoint, timeout=0.5)
            except Unreachable:
                continue
            break
        yield endpoint
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    home = tmp_path_factory.mktemp("ipmi")
    (home / "server.py").write_text(SERVER)
    port = free_port()
    with running([sys.executable, str(home / "server.py"), str(port)], port, home) as endpoint:
        yield endpoint


def sim_commands(home: Path) -> str:
    """A machine with a FRU inventory, three sensors, a power supply with a FRU of its own, and two events."""
    (home / "system.fru").write_bytes(made.SYSTEM)
    (home / "supply.fru").write_bytes(made.SUPPLY)
    records = "\n".join("main_sdr_add 0x20 " + " ".join(f"0x{b:02x}" for b in record) for record in made.RECORDS)
    events = "\n".join(
        f"sel_add 0x20 2 0 0x10 0x5e 0x65 0x20 0 4 0x0c 0x09 0x6f 0xa1 0xff 0x0{module}" for module in (1, 2)
    )
    sizes = {"system": len(made.SYSTEM), "supply": len(made.SUPPLY)}
    return SIM_COMMANDS.format(home=home, records=records, events=events, **sizes)


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    if not shutil.which("ipmi_sim"):
        pytest.skip("OpenIPMI's ipmi_sim is not installed (apt-get install openipmi)")
    home = tmp_path_factory.mktemp("sim")
    port = free_port()
    (home / "lan.conf").write_text(SIM_LAN.format(port=port))
    (home / "commands").write_text(sim_commands(home))
    argv = ["ipmi_sim", "-n", "-c", str(home / "lan.conf"), "-f", str(home / "commands"), "-s", str(home)]
    with running(argv, port, home) as endpoint:
        yield endpoint


@pytest.fixture(autouse=True)
def _nothing_refused_yet() -> None:
    lockout.forget()


def children() -> list[int]:
    """Processes that this one started and that still run."""
    found = []
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


def test_it_is_discovered_without_a_credential(server: Endpoint) -> None:
    (found,) = discover([str(server)], timeout=3)
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
        bmc.set_power("off", timeout=20)
        bmc.set_power("cycle", timeout=20)
        assert bmc.power() == "on"
        bmc.set_boot("disk")
        bmc.set_boot("pxe")
        assert bmc.boot() == "pxe"
        bmc.set_power("off", timeout=20)
        assert bmc.power() == "off"
        with pytest.raises(BootNotSet):
            bmc.set_boot("pxe", mode="uefi")  # this server forgets the mode, and is found out


def open_bmc(endpoint: Endpoint, through: str) -> Bmc:
    bmc = IpmiBmc(endpoint, GOOD)
    if through == "ipmitool":
        if not available():
            bmc.close()
            pytest.skip("ipmitool is not installed")
        bmc.close()
        bmc._session = Ipmitool(endpoint, endpoint.address, GOOD, 30)
    return bmc


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
        arguments = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children()]
        assert any(b"metalctl.bmc.ipmi.worker" in line for line in arguments)
        assert not any(GOOD.password.encode() in line for line in arguments)
    assert not [pid for pid in children() if b"ipmi.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_wrong_password_is_refused_and_not_repeated(server: Endpoint) -> None:
    wrong = Credential("admin", "hunter2")
    with pytest.raises(WrongPassword) as caught:
        connect(server, wrong)
    assert "hunter2" not in caught.value.message
    begun = time.monotonic()
    with pytest.raises(WrongPassword, match="not tried again"):
        connect(server, wrong)
    assert time.monotonic() - begun < 0.5


@pytest.mark.skipif(not available(), reason="ipmitool is not installed")
def test_ipmitool_tells_a_wrong_password_too(server: Endpoint) -> None:
    with pytest.raises(WrongPassword):
        Ipmitool(server, server.address, Credential("admin", "hunter2"), 30).ask("power")


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


def test_another_maker_s_server_is_spoken_to_as_well(sim: Endpoint) -> None:
    with connect(sim, GOOD) as bmc:
        found = bmc.inventory()
    assert not found.emulated, "it states a maker of its own"
    assert found.firmware[0].version == "9.08"
    with pytest.raises(WrongPassword):
        connect(sim, Credential("admin", "hunter2"))


@pytest.mark.parametrize("through", ["pyghmi", pytest.param("ipmitool", marks=pytest.mark.slow)])
def test_fru_sensors_and_log_are_in_the_inventory_with_their_sources(sim: Endpoint, through: str) -> None:
    with open_bmc(sim, through) as bmc:
        found = bmc.inventory()
    who = found.identity
    assert (who.serial, who.manufacturer, who.product, who.chassis_serial) == (
        "SYS-SN7",
        "Acme Corp",
        "Box 9000",
        "CH-SN7",
    )
    assert [(s.name, s.kind, s.value, s.unit, s.health) for s in found.sensors] == [
        ("CPU1 Temp", "temperature", 42.0, "°C", "ok"),
        ("FAN1", "fan", 6000.0, "rpm", "ok"),
        ("P12V", "voltage", 12.096, "V", "ok"),
    ]
    assert (found.sensors[0].upper_critical, found.sensors[1].lower_critical) == (95.0, 500.0)
    (supply,) = found.power_supplies
    assert (supply.present, supply.health, supply.model, supply.serial) == (True, "ok", "AP-1600", "PSU-SN7")
    assert found.manager
    assert found.manager.clock_offset is not None
    assert found.unreadable == ()
    assert {"identity.serial", "sensors", "power_supplies", "firmware.bmc"} <= found.sources.keys()


@pytest.mark.slow
def test_another_program_reads_the_same_of_the_same_machine(sim: Endpoint) -> None:
    if not available():
        pytest.skip("ipmitool is not installed")
    tool = Ipmitool(sim, sim.address, GOOD, 30)
    with connect(sim, GOOD) as bmc:
        found = bmc.inventory()
    told = tool._run("fru", "print", "0")
    for text in (found.identity.serial, found.identity.product, found.identity.extra["board_serial"]):
        assert text in told
    listed = {line.split("|")[0].strip(): line.split("|") for line in tool._run("sensor", "list").splitlines()}
    for sensor in found.sensors:
        assert sensor.value is not None
        assert float(listed[sensor.name][1]) == pytest.approx(sensor.value, rel=0.001)


def test_the_event_log_is_read_and_cleared_and_the_clock_set(sim: Endpoint) -> None:
    acts: list[Act] = []
    with IpmiBmc(sim, GOOD) as bmc:
        bmc.audit = acts.append
        (first, second) = bmc.inventory().log
        assert (first.severity, first.message) == ("critical", "memory: uncorrectable ECC error, module 1")
        assert second.message.endswith("module 2")
        assert (bmc.clear_log().before, bmc.inventory().log) == (2, ())
        assert not bmc.clear_log().changed
        assert bmc.set_clock().changed
        assert abs(bmc.clock_ahead()) < 5
    assert [(a.action, a.done) for a in acts] == [("clear-log", True), ("clear-log", True), ("clock", True)]


def test_what_a_bmc_cannot_do_is_said(sim: Endpoint) -> None:
    with IpmiBmc(sim, GOOD) as bmc:
        with pytest.raises(Unsupported):
            bmc.locator()
        with pytest.raises(Unsupported):
            bmc.set_locator(True)


def test_the_guid_that_is_told_to_anybody_is_that_of_the_inventory(sim: Endpoint) -> None:
    with connect(sim, GOOD) as bmc:
        uuid = bmc.identity().uuid
    (found,) = discover([str(sim)], timeout=3)
    assert found.uuid == uuid == "674523a1-ab89-efcd-a123-456789abcdef"
