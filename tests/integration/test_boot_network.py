"""Nodes really boot from the boot service: QEMU in a network namespace, SeaBIOS and OVMF."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from boot_network import MAC, UUID, BootNetwork, talking_disk, why_not

from metalctl.boot.build.cache import default_cache

pytestmark = [pytest.mark.rack, pytest.mark.slow, pytest.mark.timeout(420)]
WAITS = f"--machine=n1={MAC}=wait"


def gone(pid: int) -> bool:
    """Whether the process ends soon; what is left for its parent to look at is no process any more."""
    for _ in range(600):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.1)
    return False


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BootNetwork]:
    if reason := why_not():
        pytest.skip(f"NO BOOT NETWORK HERE: {reason}")
    made = BootNetwork(tmp_path_factory.mktemp("boot"))
    try:
        made.up()
        yield made
    finally:
        made.down()


def test_a_bios_node_with_an_ipxe_rom_gets_its_script_without_a_second_loader(network: BootNetwork) -> None:
    with network.service(WAITS) as service, network.node():
        service.wait_for("ready")
        service.wait_for("sighting", mac=MAC, what="boot script: wait (pcbios)")
        # Each once: a ROM that gets no answer within a second asks again.
        assert [what.split()[0] for what in dict.fromkeys(service.said())] == ["DHCP:", "DHCP:", "boot"]
        # The address is there at once: nothing waits for a proxy's offer or an IPv6 router. Without our answer that
        # takes 17 s by the clock of the ROM, on a slow machine no less.
        address, asked = (service.wait_for(k, **f) for k, f in (
            ("sighting", {"what": "DHCP: address"}), ("transfer", {"path": "/ipxe"})))  # fmt: skip
        assert asked["t"] - address["t"] < 15


def test_uefi_firmware_without_ipxe_is_given_our_loader_and_then_its_script(network: BootNetwork) -> None:
    with network.service(WAITS) as service, network.node(firmware="uefi-plain"):
        service.wait_for("sighting", seconds=200, mac=MAC, what="boot script: wait (efi)")
        said = service.said()
        assert "TFTP: snponly.efi" in said
        addresses = {what for what in said if what.startswith("DHCP: address")}
        assert len(addresses) == 1, "the firmware and the loader have the same address"


def test_an_unknown_machine_is_noted_and_boots_from_its_disk(network: BootNetwork) -> None:
    disk = talking_disk(network.folder / "disk.raw")
    drive = ("-drive", f"if=none,id=d,format=raw,file={disk}", "-device", "virtio-blk-pci,drive=d,bootindex=2")
    with network.service("--machine=other=52:54:00:00:00:99=ramdisk") as service, network.node(*drive) as serial:
        service.wait_for("sighting", mac=MAC, what="boot script: unknown (pcbios)")
        end = time.monotonic() + 120
        while b"LOCALDISK" not in (told := serial.read_bytes()) and time.monotonic() < end:
            time.sleep(0.2)
        assert b"LOCALDISK" in told
        assert f"MAC {MAC}, UUID {UUID}".encode() in told
        assert not [e for e in service.events if e["event"] == "transfer" and e["path"].startswith("/files/")]


@pytest.mark.parametrize(("firmware", "platform"), [("bios", "pcbios"), ("uefi-plain", "efi")])
def test_beside_a_sites_own_dhcp_server_we_only_add_how_to_boot(
    network: BootNetwork, firmware: str, platform: str
) -> None:
    with network.site_dhcp(), network.service(WAITS, "--dhcp=proxy", state="proxy") as service:
        service.wait_for("ready")
        with network.node(firmware=firmware):
            service.wait_for("sighting", seconds=200, mac=MAC, what=f"boot script: wait ({platform})")
        client = service.wait_for("transfer", path="/ipxe")["client"]
        assert client.startswith("172.31.0.5"), "the address is the site's"
        assert not [what for what in service.said() if what.startswith("DHCP: address")]


def test_a_taken_dhcp_port_is_an_error_that_names_its_owner(network: BootNetwork) -> None:
    with network.service() as first:
        owner = first.wait_for("ready")["dnsmasq"]
        with network.service("--port=8081", state="other") as second:
            _, said = second.process.communicate(timeout=120)
            assert second.process.returncode == 3
            assert f"UDP port 67 on br0 is taken by dnsmasq (pid {owner})" in said
            assert "Traceback" not in said
        with network.service(state="other") as third:
            _, said = third.process.communicate(timeout=120)
            assert third.process.returncode == 3
            assert f"TCP port 8080 on 172.31.0.1 is taken by python3 (pid {first.process.pid})" in said.replace(
                Path(sys.executable).name, "python3"
            )
        assert Path(f"/proc/{owner}").exists(), "the first one goes on"
    assert gone(owner), "with its service"


def test_the_death_of_dnsmasq_is_reported(network: BootNetwork) -> None:
    with network.service() as service:
        os.kill(service.wait_for("ready")["dnsmasq"], signal.SIGKILL)
        assert "ended unexpectedly (status -9)" in service.wait_for("dead")["message"]


def test_a_dnsmasq_left_by_a_killed_service_makes_way_for_the_next(network: BootNetwork) -> None:
    with network.service() as first:
        left = first.wait_for("ready")["dnsmasq"]
        first.process.kill()
        first.process.wait()
        assert Path(f"/proc/{left}").exists()
        with network.service() as second:
            assert second.wait_for("ready")["dnsmasq"] != left
            assert gone(left)


@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_the_ramdisk_boots_and_phones_home(network: BootNetwork, firmware: str) -> None:
    ready = sorted((default_cache() / "ramdisk").glob("[0-9a-f]*/ramdisk.json"), key=lambda p: p.stat().st_mtime)
    if not ready:
        pytest.skip("NO RAMDISK IN THE CACHE: python -m metalctl.boot.build ramdisk")
    key = network.folder / "key"
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    words = (f"--machine=n1={MAC}=ramdisk", f"--ramdisk={ready[-1].parent}", f"--key={key}.pub")
    with network.service(*words) as service, network.node("-smp", "2", "-cpu", "EPYC", firmware=firmware, memory=2048):
        report = service.wait_for("report", seconds=360)
        assert (report["node"], report["kind"], report["uuid"].lower()) == ("n1", "ramdisk", UUID)
        assert report["macs"] == [MAC]
        assert report["ssh_host_keys"]
        addresses = {what for what in service.said() if what.startswith("DHCP: address")}
        assert addresses == {f"DHCP: address {report['address']}"}, "ROM, initrd and system have the same address"
        sys.stderr.write(f"\n{firmware}: " + json.dumps([(e["t"], e.get("what") or e.get("path") or e["event"])
                                                        for e in service.events]) + "\n")  # fmt: skip
