"""The same machine seen twice is one row; what only looks alike is two, and told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metalctl.bmc.discovery.scan import merged
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.protocol import Probe

UUID, OTHER = "a1b2c3d4-0001-0002-8003-000102030405", "a1b2c3d4-0001-0002-8003-000102030406"
SWAPPED = "d4c3b2a1-0100-0200-8003-000102030405"


def redfish(address: str, port: int | None = None, **facts: str) -> Probe:
    return Probe(Endpoint(address, port=port, fingerprint=facts.get("fingerprint", "")), "redfish", **facts)  # type: ignore[arg-type]


def ipmi(address: str, port: int | None = None, **facts: str) -> Probe:
    return Probe(Endpoint(address, "ipmi", port), "ipmi", **facts)  # type: ignore[arg-type]


ONE_MACHINE = {
    "two addresses with one UUID and one certificate": (
        redfish("10.0.0.1", uuid=UUID, fingerprint="aa"), redfish("10.0.0.2", uuid=UUID, fingerprint="aa")),
    "two protocols at two addresses with one UUID": (redfish("10.0.0.1", uuid=UUID), ipmi("10.0.0.2", uuid=UUID)),
    "a UUID whose bytes are swapped": (redfish("10.0.0.1", uuid=UUID), ipmi("10.0.0.2", uuid=SWAPPED)),
    "two protocols at one address, given apart": (ipmi("10.0.0.1"), redfish("10.0.0.1")),
    "a MAC address that the BMC states": (
        redfish("10.0.0.1", mac="b0:7b:25:d6:51:82", mac_from="bmc"),
        redfish("10.0.0.2", mac="b0:7b:25:d6:51:82", mac_from="bmc")),
    "a MAC address on the segment and an equal certificate": (
        redfish("10.0.0.1", mac="b0:7b:25:d6:51:82", mac_from="arp", fingerprint="aa"),
        redfish("10.0.0.2", mac="b0:7b:25:d6:51:82", mac_from="arp", fingerprint="aa")),
    "an equal serial": (redfish("10.0.0.1", serial="F54P1G3"), redfish("10.0.0.2", serial="F54P1G3")),
}  # fmt: skip
TWO_MACHINES = {
    "an equal certificate alone (a factory's)": (
        redfish("10.0.0.1", fingerprint="aa"), redfish("10.0.0.2", fingerprint="aa")),
    "an equal MAC address on the segment alone (a router's)": (
        ipmi("10.0.0.1", mac="b0:7b:25:d6:51:82", mac_from="arp"),
        ipmi("10.0.0.2", mac="b0:7b:25:d6:51:82", mac_from="arp")),
    "an equal UUID with two certificates": (
        redfish("10.0.0.1", uuid=UUID, fingerprint="aa"), redfish("10.0.0.2", uuid=UUID, fingerprint="bb")),
    "an equal certificate and MAC with two serials": (
        redfish("10.0.0.1", serial="A1", mac="b0:7b:25:d6:51:82", mac_from="arp", fingerprint="aa"),
        redfish("10.0.0.2", serial="A2", mac="b0:7b:25:d6:51:82", mac_from="arp", fingerprint="aa")),
    "two ports of one address (emulated BMCs)": (
        ipmi("10.0.0.1", 6230, uuid=UUID), ipmi("10.0.0.1", 6231, uuid=UUID)),
    "a bogus UUID": (
        redfish("10.0.0.1", uuid="03000200-0400-0500-0006-000700080009", fingerprint="aa"),
        redfish("10.0.0.2", uuid="03000200-0400-0500-0006-000700080009", fingerprint="aa")),
}  # fmt: skip


@pytest.mark.parametrize("pair", ONE_MACHINE.values(), ids=ONE_MACHINE)
def test_one_machine_is_one_row_redfish_first(pair: tuple[Probe, Probe]) -> None:
    for rows in (pair, pair[::-1]):
        (found,) = merged(rows)
        assert found.protocol == "redfish"
        assert len(found.at) == 1


@pytest.mark.parametrize("pair", TWO_MACHINES.values(), ids=TWO_MACHINES)
def test_two_machines_stay_two_rows(pair: tuple[Probe, Probe]) -> None:
    assert len(merged(pair)) == 2


def test_what_proves_nothing_alone_is_told() -> None:
    first, _ = merged([redfish("10.0.0.1", fingerprint="aa"), redfish("10.0.0.2", fingerprint="aa")])
    assert first.notes == ("same certificate as https://10.0.0.2, which proves nothing alone",)


def test_what_a_whole_series_shares_is_no_identity() -> None:
    rows = [redfish(f"10.0.0.{n}", uuid=UUID, fingerprint="aa") for n in range(1, 9)]
    assert len(merged(rows)) == 8


def test_three_addresses_of_a_machine_are_joined_unless_two_of_them_contradict() -> None:
    a, c = redfish("10.0.0.1", uuid=UUID, serial="A1"), ipmi("10.0.0.3", uuid=UUID)
    assert len(merged([a, ipmi("10.0.0.2", uuid=UUID), c])) == 1
    assert len(merged([a, redfish("10.0.0.2", uuid=UUID, serial="A2"), c])) == 2


def test_what_the_rows_know_is_joined() -> None:
    (found,) = merged([redfish("10.0.0.1", serial="A1"), replace(ipmi("10.0.0.1", uuid=UUID), mac="b0:7b:25:d6:51:82")])
    assert (found.serial, found.uuid, found.mac, found.also) == ("A1", UUID, "b0:7b:25:d6:51:82", ("ipmi",))


def test_an_endpoint_that_two_targets_name_is_one_row() -> None:
    twice = redfish("10.0.0.1")
    assert merged([twice, replace(twice, also=("ipmi",))]) == [replace(twice, also=("ipmi",))]
