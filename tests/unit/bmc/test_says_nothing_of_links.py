"""What a BMC does not state of its links, of itself and of secure boot is null."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.verdict import Verdict
from tests.unit.bmc.stated import (
    MANAGER,
    OWN,
    PORTS,
    SECURE,
    judged,
    machine,
    read,
    reasons,
)

UNITS = "a size that can only be in the wrong unit is doubted aloud"
WORDS = "words of an enumeration are understood in any case, spelling and order"
DUPLEX = "full duplex that is false without a speed that can be half is not half duplex"
OWN_MAC = "the BMC's own MAC is never that of a link to the host"


# Links


@pytest.mark.truth("A8", DUPLEX)
@pytest.mark.parametrize(
    ("said", "duplex"),
    [({"SpeedMbps": None, "FullDuplex": False}, ""), ({"SpeedMbps": 0, "FullDuplex": False}, ""),
     ({"SpeedMbps": 40000, "FullDuplex": False}, ""), ({"LinkStatus": "LinkDown", "FullDuplex": False}, ""),
     ({"LinkStatus": None, "FullDuplex": False}, ""), ({"SpeedMbps": 100, "FullDuplex": False}, "half"),
     ({"FullDuplex": True}, "full"), ({"SpeedMbps": None, "FullDuplex": True}, "full"), ({"FullDuplex": None}, "")],
)  # fmt: skip
def test_half_duplex_is_only_what_can_be(said: dict[str, Any], duplex: str) -> None:
    (port,) = read({f"{PORTS}/1": machine()[f"{PORTS}/1"] | said}).nics
    assert port.duplex == duplex


@pytest.mark.truth("A8", WORDS)
@pytest.mark.parametrize(("word", "link"), [("linkup", True), ("LINK UP", True), ("link_down", False),
                                            ("Nolink", False), ("Training", None)])  # fmt: skip
def test_a_links_state_is_a_word(word: str, link: bool | None) -> None:
    (port,) = read({f"{PORTS}/1": machine()[f"{PORTS}/1"] | {"LinkStatus": word}}).nics
    assert port.link is link


@pytest.mark.truth("A8", UNITS)
@pytest.mark.parametrize("speed", [25, 25_000_000_000, 25_000_000])
def test_a_ports_speed_in_another_unit_is_doubted(speed: int) -> None:
    found = read({f"{PORTS}/1": machine()[f"{PORTS}/1"] | {"SpeedMbps": speed}})
    assert [one.speed for one in found.nics] == [None]
    assert "another unit" in reasons(found, "nics.1.speed")


def test_a_link_that_is_down_has_no_speed() -> None:
    (port,) = read({f"{PORTS}/1": machine()[f"{PORTS}/1"] | {"LinkStatus": "LinkDown"}}).nics
    assert (port.link, port.speed) == (False, None)


# The BMC itself


@pytest.mark.truth("A8", WORDS)
@pytest.mark.parametrize(
    ("status", "health"),
    [({"Health": "Enabled", "State": "Warning"}, "warning"), ({"Health": "ok", "State": "enabled"}, "ok"),
     ({"Health": "CRITICAL"}, "critical"), ({"State": "Enabled"}, ""), ({"Health": None, "State": "OK"}, "ok")],
)  # fmt: skip
def test_health_and_state_may_be_exchanged(status: dict[str, Any], health: str) -> None:
    found = read({MANAGER: machine()[MANAGER] | {"Status": status}})
    assert found.manager
    assert found.manager.health == health


@pytest.mark.truth("A8", OWN_MAC)
@pytest.mark.parametrize(
    "host",
    [{"Id": "usb0", "IPv4Addresses": [{"Address": "172.29.4.1"}]}, {"Id": "hostusb1"},
     {"Id": "a1", "Name": "Ethernet Over USB"}, {"Id": "a1", "IPv4Addresses": [{"Address": "169.254.7.3"}]},
     {"Id": "a1", "IPv4Addresses": [], "IPv6Addresses": [{"Address": "fe80::31ff:fe00:7"}]},
     {"Id": "a1", "Links": {"HostInterface": {"@odata.id": f"{MANAGER}/HostInterfaces/1"}}}],
)  # fmt: skip
@pytest.mark.parametrize("alone", [True, False])
def test_the_bmcs_own_address_is_none_of_its_links_to_the_host(host: dict[str, Any], alone: bool) -> None:
    link = {"MACAddress": "06:31:00:00:00:91", "InterfaceEnabled": True, **host}
    outside = {"MACAddress": "06:31:00:00:00:92", "IPv4Addresses": [{"Address": "198.51.100.7"}]}
    found = read({f"{OWN}/lan": None, f"{OWN}/a1": link} | ({} if alone else {f"{OWN}/z9": outside}))
    assert found.manager
    assert found.manager.mac == ("" if alone else "06:31:00:00:00:92")


def test_secure_boot_of_which_nothing_is_said_is_neither_on_nor_off() -> None:
    found = read({SECURE: {"Id": "SecureBoot", "SecureBootMode": "SetupMode"}})
    assert found.secure_boot is None
    assert judged(found, secure_boot=False)["secure_boot"].verdict is Verdict.UNKNOWN
