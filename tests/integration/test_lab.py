"""The emulated rack, really brought up: BMCs answer, a crash shows, two racks live side by side, nothing is left."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from metalctl import lab
from metalctl.lab import LabInfo, LabPrerequisiteError, LabStateError
from metalctl.lab.rack import host, netns, parts, switch

pytestmark = [pytest.mark.rack, pytest.mark.slow, pytest.mark.timeout(600)]
RACK = Path(__file__).parents[1] / "racks" / "tiny.yaml"
NAME = f"t{os.getpid()}"


@pytest.fixture(scope="module", autouse=True)
def _possible(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Skips, and says why, where the machine can hold no rack; keeps the labs out of the user's own."""
    try:
        host.check()
        netns.create(f"mctl-{NAME}-try")
    except LabPrerequisiteError as error:
        pytest.skip(f"NO EMULATED RACK HERE: {error.message} ({error.hint})")
    netns.delete(f"mctl-{NAME}-try")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("s")))
        yield


@pytest.fixture(scope="module")
def rack(_possible: None) -> Iterator[LabInfo]:
    """One tiny rack, its node off."""
    built = lab.up(lab.load(RACK), NAME)
    yield built
    lab.down(NAME)


def inside(built: LabInfo, *argv: str, check: bool = True) -> str:
    """Runs a command in the rack's network."""
    done = subprocess.run(
        ["ip", "netns", "exec", built.namespace, *argv], capture_output=True, text=True, timeout=150, check=False
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def eventually(what: Callable[[], bool]) -> bool:
    """Whether it comes true within a minute: what is killed is gone when the kernel gets to it."""
    end = time.monotonic() + 60
    while not what() and time.monotonic() < end:
        time.sleep(0.1)
    return what()


def pid_of(built: LabInfo, part: str) -> int:
    """The part's pid as status tells it."""
    pid = next(found.pid for found in lab.status(built.name).parts if found.name == part)
    assert pid is not None
    return pid


SUSHY = """
import json, sys, sushy
from sushy import auth
url, certificate, credentials, uuid = sys.argv[1:]
known = json.load(open(credentials))["lab-bmc"]
root = sushy.Sushy(url, auth=auth.BasicAuth(known["username"], known["password"]), verify=certificate)
system = root.get_system("/redfish/v1/Systems/" + uuid)
system.set_system_boot_options(target=sushy.BootSource.PXE, enabled=sushy.BootSourceOverrideEnabled.ONCE)
system.reset_system(sushy.ResetType.ON)
system.refresh()
print(system.power_state.value, system.uuid, [member.identity for member in root.get_system_collection().get_members()])
"""


def test_redfish_powers_a_node_on_with_its_certificate_pinned(rack: LabInfo) -> None:
    node = rack.nodes[0]
    certificate = f"{rack.state_dir}/bmc/{node.name}/cert.pem"
    said = inside(
        rack, sys.executable, "-c", SUSHY, node.bmc.redfish_url, certificate, rack.credentials_file, node.uuid
    )
    assert f"On {node.uuid}" in said
    assert lab.status(rack.name).node(node.name).power == "on"


def test_redfish_refuses_a_wrong_password_and_no_password(rack: LabInfo) -> None:
    url = f"{rack.nodes[0].bmc.redfish_url}/redfish/v1/Systems"
    for how in ("-uadmin:wrong", "-s"):
        said = inside(rack, "curl", "-sk", how, "-o", "/dev/null", "-w", "%{http_code}", url)
        assert said == "401"


def test_ipmi_tells_and_switches_power(rack: LabInfo, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.touch(0o600)
    known = json.loads(Path(rack.credentials_file).read_text())["lab-bmc"]
    secret.write_text(known["password"])
    address = rack.nodes[0].bmc.address
    tool = ("ipmitool", "-I", "lanplus", "-H", address, "-U", known["username"], "-f", str(secret))
    inside(rack, *tool, "chassis", "bootdev", "pxe")
    inside(rack, *tool, "power", "on")
    assert "is on" in inside(rack, *tool, "power", "status")
    inside(rack, *tool, "power", "cycle")
    assert rack.nodes[0].uuid in inside(rack, *tool, "mc", "guid").lower()
    inside(rack, *tool, "power", "off")
    assert eventually(lambda: "is off" in inside(rack, *tool, "power", "status"))
    assert lab.status(rack.name).nodes[0].power == "off"


def test_the_password_is_in_files_of_its_owner_only_and_in_no_argument(rack: LabInfo) -> None:
    password = json.loads(Path(rack.credentials_file).read_text())["lab-bmc"]["password"].encode()
    holders = [path for path in Path(rack.state_dir).rglob("*") if path.is_file() and not path.name.endswith(".raw")]
    for path in holders:
        with contextlib.suppress(FileNotFoundError):  # of a part at work: it was there a moment ago
            if password in path.read_bytes():
                assert path.stat().st_mode & 0o077 == 0, path
    pids = netns.processes(rack.namespace)
    assert pids
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # nor does a process last for ever
            assert password not in Path(f"/proc/{pid}/cmdline").read_bytes()
            assert password not in Path(f"/proc/{pid}/environ").read_bytes()


def test_the_firmware_asks_for_dhcp_through_the_switch(rack: LabInfo) -> None:
    virsh = ("virsh", "-q", "-c", rack.libvirt_uri)
    with subprocess.Popen(
        ["ip", "netns", "exec", rack.namespace, "tcpdump", "-lni", rack.boot_interface, "udp port 67"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as watch:
        assert watch.stdout is not None
        try:
            inside(rack, *virsh, "start", rack.nodes[0].name)
            heard = watch.stdout.readline()
        finally:
            watch.kill()
    inside(rack, *virsh, "destroy", rack.nodes[0].name)
    assert f"BOOTP/DHCP, Request from {rack.nodes[0].macs[0]}" in heard


def test_the_switch_bonds_the_nics_by_lacp_and_still_serves_a_node_that_speaks_none(rack: LabInfo) -> None:
    shown = inside(rack, *_entered(rack), "ovs-appctl", "-t", "/run/openvswitch/ovs-vswitchd.ctl", "bond/show")
    assert "bond_mode: balance-tcp" in shown
    assert "lacp_fallback_ab: true" in shown
    assert all(f"member {port}:" in shown for port in rack.nodes[0].switch_ports)


def test_the_switch_announces_its_name_and_the_port(rack: LabInfo) -> None:
    node = rack.nodes[0]
    inside(rack, "virsh", "-q", "-c", rack.libvirt_uri, "start", node.name)
    asks = (*_entered(rack), "lldpcli", "-u", "/run/lldpd-tor1.socket", "show", "interfaces")
    # lldpd hears of a new interface when the kernel tells it.
    eventually(lambda: inside(rack, *asks).count("SysName:      tor1") == len(node.switch_ports))
    shown = inside(rack, *asks)
    inside(rack, "virsh", "-q", "-c", rack.libvirt_uri, "destroy", node.name)
    assert shown.count("SysName:      tor1") == len(node.switch_ports)
    assert [line.split()[-1] for line in shown.splitlines() if "PortID:       ifname" in line] == node.switch_ports


def _entered(rack: LabInfo) -> tuple[str, ...]:
    """What comes before a command that is to see the lab's /run."""
    return (f"{rack.state_dir}/enter.sh",)


def test_a_part_that_is_killed_shows_as_dead(rack: LabInfo) -> None:
    part = f"redfish-{rack.nodes[0].name}"
    os.kill(pid_of(rack, part), signal.SIGKILL)
    assert eventually(lambda: [dead.name for dead in lab.status(rack.name).dead] == [part])
    assert "GET /redfish/v1/Systems" in lab.status(rack.name).dead[0].tail


def test_a_node_whose_qemu_is_killed_shows_as_dead(rack: LabInfo) -> None:
    node = rack.nodes[0].name
    inside(rack, "virsh", "-q", "-c", rack.libvirt_uri, "start", node)
    os.kill(pid_of(rack, f"node-{node}"), signal.SIGKILL)
    assert eventually(lambda: f"node-{node}" in [dead.name for dead in lab.status(rack.name).dead])
    assert lab.status(rack.name).node(node).power == "off"


def test_a_name_in_use_is_refused_and_the_rack_stays_up(rack: LabInfo) -> None:
    with pytest.raises(LabStateError, match="is there already") as caught:
        lab.up(lab.load(RACK), rack.name)
    assert "lab down" in caught.value.hint
    assert next(part.state for part in lab.status(rack.name).parts if part.name == "libvirtd") == "running"


def test_two_racks_are_up_at_once_and_one_going_down_leaves_nothing_and_the_other(rack: LabInfo) -> None:
    before = _footprint()
    other = lab.up(lab.load(RACK), f"{NAME}b")
    assert other.dead == []
    assert other.nodes[0].uuid != rack.nodes[0].uuid
    inside(other, "virsh", "-q", "-c", other.libvirt_uri, "start", other.nodes[0].name)
    assert pid_of(other, "ovs-vswitchd") != pid_of(rack, "ovs-vswitchd")
    started = {pid: parts.start_time(pid) for pid in netns.processes(other.namespace)}
    assert len(started) >= 7
    lab.down(other.name)
    assert eventually(lambda: _footprint() == before), (before, _footprint())
    assert not [pid for pid, at in started.items() if at is not None and parts.start_time(pid) == at]
    assert not Path(other.state_dir).exists()
    assert next(part.state for part in lab.status(rack.name).parts if part.name == "libvirtd") == "running"


def test_what_fails_on_the_way_up_leaves_nothing(rack: LabInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _footprint()
    monkeypatch.setattr(switch, "_SCHEMA", "/nowhere.ovsschema")
    with pytest.raises(lab.CommandError, match=r"nowhere\.ovsschema"):
        lab.up(lab.load(RACK), f"{NAME}c")
    assert eventually(lambda: _footprint() == before), (before, _footprint())
    assert not Path(rack.state_dir).with_name(f"{NAME}c").exists()


def _footprint() -> tuple[list[str], list[str], list[str]]:
    """Namespaces and lab mounts of this test's racks, and the host's own interfaces."""
    namespaces = [line for line in Path("/run/netns").iterdir() if NAME in line.name]
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if NAME in line or "/labs/" in line]
    return sorted(map(str, namespaces)), sorted(mounts), sorted(path.name for path in Path("/sys/class/net").iterdir())
