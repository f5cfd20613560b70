"""Two IPMI 2.0 servers on loopback: pyghmi's (which virtualbmc is made of) and OpenIPMI's ipmi_sim."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from metalctl.bmc import Bmc, Credential, parse_endpoint, probe
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import Unreachable
from metalctl.bmc.ipmi.bmc import IpmiBmc
from metalctl.bmc.ipmi.ipmitool import Ipmitool, available
from tests.unit.bmc import ipmi_bytes as made

GOOD = Credential("admin", "s3cret-in-argv")
GUID = "c0345678-1234-5678-9abc-def012345678"
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

Machine({{"admin": "s3cret-in-argv"}}, port=int(sys.argv[2]), address=sys.argv[1]).listen(1)
'''
SIM_LAN = """name "sim"
set_working_mc 0x20
startlan 1
  addr {address} {port}
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


def own_address() -> str:
    """A loopback address of this process: tests that run beside each other cannot take a port from one another."""
    pid = os.getpid()
    return f"127.{128 + (pid >> 16) % 64}.{pid >> 8 & 255}.{pid & 255}"


PYGHMI, SIM, EMULATOR = 16231, 16232, 16233  # ports there, which no kernel gives to a client


@contextmanager
def running(argv: list[str], port: int, home: Path, cwd: Path | None = None) -> Iterator[Endpoint]:
    """A server that answers our ping, ended by its own pid."""
    endpoint = parse_endpoint(f"ipmi://{own_address()}:{port}")
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=cwd or home)
    try:
        end = time.monotonic() + 120
        while not _answers(endpoint):
            assert process.poll() is None, (home / "log").read_text()
            assert time.monotonic() < end, (home / "log").read_text()
        yield endpoint
    finally:
        process.terminate()
        process.wait(60)


def _answers(endpoint: Endpoint) -> bool:
    try:
        probe(endpoint, timeout=0.5)
    except Unreachable:
        return False
    return True


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    home = tmp_path_factory.mktemp("ipmi")
    (home / "server.py").write_text(SERVER)
    argv = [sys.executable, str(home / "server.py"), own_address(), str(PYGHMI)]
    with running(argv, PYGHMI, home) as endpoint:
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
    (home / "lan.conf").write_text(SIM_LAN.format(address=own_address(), port=SIM))
    (home / "commands").write_text(sim_commands(home))
    argv = ["ipmi_sim", "-n", "-c", str(home / "lan.conf"), "-f", str(home / "commands"), "-s", str(home)]
    with running(argv, SIM, home) as endpoint:
        yield endpoint


def open_bmc(endpoint: Endpoint, through: str) -> Bmc:
    bmc = IpmiBmc(endpoint, GOOD)
    if through == "ipmitool":
        if not available():
            bmc.close()
            pytest.skip("ipmitool is not installed")
        bmc.close()
        bmc._session = Ipmitool(endpoint, endpoint.address, GOOD, 180)
    return bmc
