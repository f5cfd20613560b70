"""The configuration of dnsmasq, what its log tells, and how its process is looked after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from metalctl.boot import dnsmasq, ports
from metalctl.boot.advertise import advertisement
from metalctl.boot.errors import BadScriptValue, BootError, DnsmasqFailed, PortTaken
from metalctl.boot.render import dnsmasq_config
from metalctl.boot.settings import BootSettings, Host
from metalctl.boot.sightings import Reader
from metalctl.content.programs import find
from tests.unit.waiting import quiet_socket, until

BASE = "http://172.31.0.1:8080"
HOST = Host(("52:54:00:00:00:01", "52:54:00:00:00:02"), "172.31.0.50", "n1")
needs_dnsmasq = pytest.mark.skipif(find("dnsmasq") is None, reason="dnsmasq is not installed (dnsmasq-base)")


@pytest.fixture
def settings(tmp_path: Path) -> BootSettings:
    return BootSettings("br0", "172.31.0.1", "172.31.0.0/24", tmp_path, hosts=(HOST,))


def lines(settings: BootSettings) -> list[str]:
    return [line for line in dnsmasq_config(settings, BASE).splitlines() if line and not line.startswith("#")]


@needs_dnsmasq
@pytest.mark.parametrize("mode", ["authoritative", "proxy"])
@pytest.mark.parametrize("ping", [True, False])
def test_dnsmasq_accepts_what_is_rendered(settings: BootSettings, mode: str, ping: bool, tmp_path: Path) -> None:
    config = tmp_path / "dnsmasq.conf"
    config.write_text(dnsmasq_config(replace(settings, dhcp=mode, ping=ping, router="172.31.0.254"), BASE))
    dnsmasq.check(config)


@needs_dnsmasq
def test_a_site_template_that_dnsmasq_refuses_is_an_error_with_its_words(
    settings: BootSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site" / "pxe" / "dnsmasq"
    site.mkdir(parents=True)
    (site / "common.conf.j2").write_text("no-such-option=1\n")
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path / "site"))
    with pytest.raises(DnsmasqFailed, match="line 2 of") as failed:
        dnsmasq.Dnsmasq(settings, BASE).start()
    assert "site" in failed.value.hint


def test_both_modes_serve_one_interface_and_no_dns(settings: BootSettings) -> None:
    for mode in ("authoritative", "proxy"):
        told = lines(replace(settings, dhcp=mode))
        assert {"port=0", "interface=br0", "except-interface=lo", "bind-interfaces"} <= set(told)
        assert [line for line in told if line.startswith("interface=")] == ["interface=br0"]
        assert "tftp-max=1000" in told


def test_a_machine_keeps_its_address_whatever_its_client_id(settings: BootSettings) -> None:
    told = lines(settings)
    assert "dhcp-ignore-clid" in told
    assert "dhcp-host=52:54:00:00:00:01,52:54:00:00:00:02,172.31.0.50,n1" in told
    assert "dhcp-range=172.31.0.128,172.31.0.254,255.255.255.0,43200" in told


def test_the_authoritative_mode_tells_loader_and_script_apart(settings: BootSettings) -> None:
    told = lines(settings)
    assert "dhcp-authoritative" in told
    assert f"dhcp-boot=tag:ipxe,{BASE}/ipxe" in told
    assert "dhcp-boot=tag:!ipxe,tag:bios,undionly.kpxe" in told
    assert "dhcp-boot=tag:!ipxe,tag:uefi,snponly.efi" in told
    assert f"dhcp-boot=tag:!ipxe,tag:http,{BASE}/files/loader/snponly.efi" in told


def test_the_proxy_mode_gives_no_address(settings: BootSettings) -> None:
    told = lines(replace(settings, dhcp="proxy"))
    assert [line for line in told if line.startswith("dhcp-range")] == ["dhcp-range=172.31.0.0,proxy,255.255.255.0"]
    assert not [
        line for line in told if line.startswith(("dhcp-authoritative", "dhcp-option", "dhcp-boot", "dhcp-host"))
    ]
    assert f'pxe-service=tag:ipxe,0,"metalctl",{BASE}/ipxe' in told
    assert 'pxe-service=tag:!ipxe,7,"metalctl",snponly.efi' in told


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"interface": "br0\ndhcp-script=/bin/sh"}, BadScriptValue),
        ({"interface": ""}, BadScriptValue),
        ({"bios_loader": "../../etc/shadow"}, BadScriptValue),
        ({"address": "172.31.9.1"}, BootError),
        ({"address": "here"}, BootError),
        ({"network": "172.31.0.0/99"}, BootError),
        ({"first": "172.31.0.5,1"}, BootError),
        ({"router": "x\ny"}, BootError),
        ({"dhcp": "maybe"}, BootError),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: BootSettings, change: dict[str, str], error: type) -> None:
    with pytest.raises(error):
        replace(settings, **change)  # type: ignore[arg-type]


@needs_dnsmasq
def test_a_boot_url_of_128_characters_is_what_dnsmasq_itself_says_nothing_of(tmp_path: Path) -> None:
    """Why it is refused here: its own test of the configuration does not."""
    config = tmp_path / "dnsmasq.conf"
    config.write_text(f"dhcp-no-override\ndhcp-boot=http://{'u' * 200}\n")
    dnsmasq.check(config)


@pytest.mark.parametrize(
    "host", [(("x",), "172.31.0.5", ""), (("52:54:00:00:00:01",), "x", ""), ((), "172.31.0.5", "a,b")]
)
def test_a_host_that_makes_no_sense_is_refused(host: tuple[tuple[str, ...], str, str]) -> None:
    with pytest.raises(BootError):
        Host(*host)


def test_the_pool_is_the_upper_half_without_the_broadcast_address(settings: BootSettings) -> None:
    first, last = replace(settings, network="172.31.0.0/23").pool
    assert (first, last) == ("172.31.1.0", "172.31.1.254")


# What dnsmasq 2.90 wrote, line by line, with what it means.
RECORDED = [
    ("dnsmasq-dhcp: 2874563123 DHCPDISCOVER(br0) 52:54:00:aa:00:01 ", ("52:54:00:aa:00:01", "DHCP: discover")),
    ("dnsmasq-dhcp: 2874563123 DHCPOFFER(br0) 172.31.0.163 52:54:00:aa:00:01 ", None),
    ("dnsmasq-dhcp: 2874563123 DHCPREQUEST(br0) 172.31.0.163 52:54:00:aa:00:01 ", None),
    ("dnsmasq-dhcp: 2874563123 DHCPACK(br0) 172.31.0.163 52:54:00:aa:00:01 n1",
     ("52:54:00:aa:00:01", "DHCP: address 172.31.0.163")),
    ("dnsmasq-tftp: sent /usr/lib/ipxe/snponly.efi to 172.31.0.163", ("52:54:00:aa:00:01", "TFTP: snponly.efi")),
    ("dnsmasq-tftp: failed sending /usr/lib/ipxe/snponly.efi to 172.31.0.163",
     ("52:54:00:aa:00:01", "TFTP: snponly.efi broke off")),
    ("dnsmasq-dhcp: 28 DHCPDISCOVER(br0) 52:54:00:aa:00:02 no address available",
     ("52:54:00:aa:00:02", "DHCP: not served, every address of the pool is taken")),
    ("dnsmasq-dhcp: 28 vendor class: PXEClient:Arch:00000:UNDI:002001", None),
    ("dnsmasq-dhcp: PXE(br0) 52:54:00:aa:00:03 proxy", ("52:54:00:aa:00:03", "PXE: proxy")),
    ("dnsmasq: started, version 2.90 DNS disabled", None),
]  # fmt: skip


def test_the_log_tells_which_machine_did_what() -> None:
    reader = Reader()
    for line, meaning in RECORDED:
        assert reader.read(line) == meaning, line


def test_the_owner_of_a_port_is_named() -> None:
    with quiet_socket("127.0.0.1") as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as error:
            ports.require_udp(port, "127.0.0.1", "lo")
    assert f"(pid {os.getpid()})" in error.value.message
    assert f"UDP port {port} on 127.0.0.1" in error.value.message
    ports.require_udp(port, "127.0.0.1", "lo")


def test_a_taken_http_port_is_named_and_a_strange_address_too() -> None:
    with ports.listen_tcp("127.0.0.1", 0) as taken, pytest.raises(PortTaken, match=f"pid {os.getpid()}"):
        ports.listen_tcp("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(BootError, match=r"no interface has the address 192\.0\.2\.77"):
        ports.listen_tcp("192.0.2.77", 0)


def test_only_listening_tcp_sockets_own_a_port() -> None:
    table = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1\n"
        "   1: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 222 1\n"
        "   2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1\n"
    )
    assert ports.inodes(table, "tcp", 8080) == {"111"}
    assert ports.inodes(table, "udp", 8080) == {"111", "222"}


def sleeper(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", *words])


def test_only_our_own_leftover_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dnsmasq, "STOP_SECONDS", 60.0)  # SIGKILL follows then, and is not what is looked for
    config, pid_file = tmp_path / "dnsmasq.conf", tmp_path / "dnsmasq.pid"
    ours, other = sleeper(f"--conf-file={config}"), sleeper("--conf-file=/etc/other.conf")
    try:
        for child in (ours, other):
            wait_for_exec(child.pid)
        pid_file.write_text(f"{other.pid}\n")
        dnsmasq.end_leftover(config, pid_file)
        assert other.poll() is None
        pid_file.write_text(f"{ours.pid}\n")
        threading.Thread(target=ours.wait).start()  # it is our child here, so we must reap it
        dnsmasq.end_leftover(config, pid_file)
        assert ours.wait(60) == -signal.SIGTERM
    finally:
        for child in (ours, other):
            child.kill()
            child.wait()
    dnsmasq.end_leftover(config, pid_file)  # a process that is gone is no error


def wait_for_exec(pid: int) -> None:
    until(lambda: b"time.sleep" in Path(f"/proc/{pid}/cmdline").read_bytes())


def test_the_router_advertisement_offers_nothing() -> None:
    message = advertisement()
    assert message[0] == 134
    assert message[1:] == bytes(15)  # no lifetime, no flags, no prefix
