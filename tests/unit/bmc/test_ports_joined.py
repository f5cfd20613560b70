"""A port whose facts a BMC spreads over several resources is one port with all of them."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.identity import contradictions
from metalctl.model.inventory import Inventory, Nic
from metalctl.model.merge import merge
from metalctl.model.profile import BondRequirement, Range
from metalctl.model.verdict import Verdict
from tests.unit.bmc.stated import ADAPTER, PORTS, judged, read, reasons, to

JOINED = "facts of one port that are split over port, function and interface are joined"
HOST = "the addresses that the host sees on a port belong to the identity"
NO_MAC = "a port without a MAC address is shown, with the reason"
MACS = [f"06:31:00:00:05:0{n}" for n in range(9)]
NEW, OLD, FUNCTIONS = f"{ADAPTER}/Ports", f"{ADAPTER}/NetworkPorts", f"{ADAPTER}/NetworkDeviceFunctions"


def card(ports: dict[str, Any], functions: dict[str, Any] | None = None, folder: str = NEW, **said: Any) -> Inventory:
    """A card with these ports and functions, and with interfaces of the system where `interfaces` has them."""
    interfaces = {f"{PORTS}/{n}": one for n, one in said.pop("interfaces", {}).items()}
    own = {folder.rpartition("/")[2]: to(folder), "NetworkDeviceFunctions": to(FUNCTIONS), "Model": "Gate 2", **said}
    tree = {ADAPTER: own, f"{PORTS}/1": None, **interfaces}
    tree |= {f"{folder}/{name}": said for name, said in ports.items()}
    tree |= {f"{FUNCTIONS}/{name}": said for name, said in (functions or {}).items()}
    if not interfaces:
        tree[PORTS] = {"Name": "all", "Members": [], "Members@odata.count": 0}
    return read(tree)


def up(speed: float = 25, **said: Any) -> dict[str, Any]:
    return {"LinkStatus": "LinkUp", "CurrentSpeedGbps": speed, "LinkNetworkTechnology": "Ethernet", **said}


def function(mac: str, **said: Any) -> dict[str, Any]:
    return {"NetDevFuncType": "Ethernet", "Ethernet": {"MACAddress": mac, "MTUSize": 9000}, **said}


def seen(nic: Nic) -> set[str]:
    """Every address of a port."""
    return {nic.mac, *getattr(nic, "host_macs", ())} - {""}


@pytest.mark.truth("A5", JOINED)
@pytest.mark.parametrize(
    ("folder", "link"),
    [(NEW, {"Links": {"PhysicalNetworkPortAssignment": to(f"{NEW}/p2")}}),
     (NEW, {"Links": {"PhysicalPortAssignment": to(f"{NEW}/p2/")}}),
     (OLD, {"PhysicalPortAssignment": to(f"{OLD}/p2")}),
     (OLD, {"PhysicalNetworkPortAssignment": to(f"{OLD}/p2")}),
     (NEW, {"AssignablePhysicalNetworkPorts": [to(f"{NEW}/p2")]}),
     (OLD, {"AssignablePhysicalPorts": [to(f"{OLD}/p2")]}),
     (NEW, {"Links": {"PhysicalPortAssignment": to(f"{OLD}/p2")}})],
)  # fmt: skip
def test_a_function_gives_its_port_address_mtu_and_virtual_functions(folder: str, link: dict[str, Any]) -> None:
    one = function(MACS[1], MaxVirtualFunctions=16, **link)
    found = card({"p1": up(10, AssociatedNetworkAddresses=[MACS[0]]), "p2": up()}, {"f": one}, folder)
    ports = {nic.mac: nic for nic in found.nics}
    assert set(ports) == set(MACS[:2])
    port = ports[MACS[1]]
    assert (port.speed, port.link, port.mtu, port.sriov) == (25 * 10**9, True, 9000, 16)


@pytest.mark.truth("A5", JOINED)
@pytest.mark.parametrize(
    ("port", "adapter"),
    [({"NetDevFuncMaxBWAlloc": [{"NetworkDeviceFunction": to(f"{FUNCTIONS}/f")}]}, {}),
     ({"FunctionMinBandwidth": [{"NetworkDeviceFunction": to(f"{FUNCTIONS}/f")}]}, {}),
     ({}, {"Controllers": [{"Links": {"NetworkDeviceFunctions": [to(f"{FUNCTIONS}/f")], "Ports": [to(f"{NEW}/p2")]}},
                           {"Links": {"Ports": [to(f"{NEW}/p1")]}}]})],
)  # fmt: skip
def test_a_port_or_controller_may_name_the_function(port: dict[str, Any], adapter: dict[str, Any]) -> None:
    found = card({"p1": up(10), "p2": up(**port)}, {"f": function(MACS[1])}, **adapter)
    assert [(nic.mac, nic.speed) for nic in found.nics if nic.mac] == [(MACS[1], 25 * 10**9)]
    assert len(found.nics) == 2


@pytest.mark.truth("A5", JOINED)
def test_the_only_port_of_a_card_has_all_its_functions() -> None:
    found = card({"p1": up(100)}, {"f1": function(MACS[1]), "f2": function(MACS[2])})
    assert [(nic.speed, seen(nic)) for nic in found.nics] == [(100 * 10**9, {MACS[1], MACS[2]})]


@pytest.mark.truth("A5", JOINED)
@pytest.mark.parametrize("link", [{"Ports": [to(f"{NEW}/p2")]}, {"NetworkDeviceFunctions": [to(f"{FUNCTIONS}/f")]}])
def test_an_interface_that_links_to_its_port_or_function_is_that_port(link: dict[str, Any]) -> None:
    interface = {"MACAddress": MACS[3], "MTUSize": 1500, "LinkStatus": "LinkUp", "FullDuplex": True, "Links": link}
    one = {"NetDevFuncType": "Ethernet", "Links": {"PhysicalPortAssignment": to(f"{NEW}/p2")}}
    one["Ethernet"] = {"MACAddress": MACS[1]}
    found = card({"p1": up(10, Ethernet={"AssociatedMACAddresses": [MACS[0]]}), "p2": up()}, {"f": one},
                 interfaces={"e7": interface})  # fmt: skip
    (port,) = [nic for nic in found.nics if MACS[3] in seen(nic)]
    assert (port.name, port.speed, port.mtu, port.duplex) == ("e7", 25 * 10**9, 1500, "full")
    assert len(found.nics) == 2


@pytest.mark.truth("A5", JOINED)
@pytest.mark.parametrize(
    "link", [{"EthernetInterfaces": [to(f"{PORTS}/e7")]}, {"EthernetInterface": to(f"{PORTS}/e7")}]
)
def test_an_interface_that_a_function_links_to_is_that_functions_port(link: dict[str, Any]) -> None:
    interface = {"MACAddress": MACS[3], "FullDuplex": True, "LinkStatus": "LinkUp", "SpeedMbps": 25000}
    one = function(MACS[1], Links={"PhysicalPortAssignment": to(f"{NEW}/p2"), **link})
    found = card({"p1": up(10), "p2": up()}, {"f": one}, interfaces={"e7": interface})
    assert [(nic.name, nic.speed, nic.duplex, seen(nic)) for nic in found.nics if nic.mac] == [
        ("e7", 25 * 10**9, "full", {MACS[1], MACS[3]})
    ]


def test_an_absent_port_and_an_absent_card_are_none() -> None:
    gone = {"Status": {"State": "Absent"}}
    port = up(Ethernet={"AssociatedMACAddresses": [MACS[0]]})
    assert [nic.name for nic in card({"p0": port, "p1": up(**gone)}).nics] == ["p0"]
    assert card({"p0": port}, **gone).nics == ()


@pytest.mark.truth("A5", JOINED)
def test_the_firmware_of_a_port_is_that_of_its_controller() -> None:
    controllers = [
        {"FirmwarePackageVersion": v, "Links": {"Ports": [to(f"{NEW}/{p}")]}} for v, p in (("1", "p1"), ("2", "p2"))
    ]
    ports = {p: up(Ethernet={"AssociatedMACAddresses": [mac]}) for p, mac in zip(("p1", "p2"), MACS, strict=False)}
    found = card(ports, Controllers=controllers)
    assert {nic.mac: nic.firmware for nic in found.nics} == {MACS[0]: "1", MACS[1]: "2"}


@pytest.mark.truth("A5", JOINED)
def test_where_only_the_old_list_is_filled_its_ports_are_read() -> None:
    tree = {"Ports": to(NEW), "NetworkPorts": to(OLD)}
    port = {"LinkStatus": "Up", "CurrentLinkSpeedMbps": 10000, "AssociatedNetworkAddresses": [MACS[4]]}
    found = read({ADAPTER: tree, NEW: {"Name": "all", "Members": []}, f"{OLD}/1": port})
    assert (MACS[4], 10**10) in [(nic.mac, nic.speed) for nic in found.nics]


@pytest.mark.truth("A5", HOST)
def test_what_the_host_sees_of_a_card_is_the_same_machine() -> None:
    """A card with a processor of its own: the cable's address is the port's, the host has others."""
    ports = {"p0": up(100, Ethernet={"AssociatedMACAddresses": [MACS[0]]})}
    found = card(ports, {n: function(mac) for n, mac in (("pf0", MACS[5]), ("pf1", MACS[6]))})
    assert [(nic.mac, nic.speed) for nic in found.nics] == [(MACS[0], 100 * 10**9)], "one cable, one port"
    assert set(found.identity.macs) == {MACS[0], MACS[5], MACS[6]}
    inside = Inventory(
        "in-band", type(found.identity)(macs=(MACS[5], MACS[6])), nics=(Nic("a", MACS[5]), Nic("b", MACS[6]))
    )
    assert contradictions(found.identity, inside.identity) == []
    assert not [one for one in merge(found, inside).findings if one.requirement in ("sources.nic", "sources.identity")]


@pytest.mark.truth("A5", HOST)
def test_a_partitioned_port_is_one_port_and_fills_no_bond_of_two() -> None:
    functions = {f"f{n}": function(MACS[n], Links={"PhysicalPortAssignment": to(f"{NEW}/p0")}) for n in range(4)}
    interfaces = {f"NIC-{n}": {"MACAddress": MACS[n], "LinkStatus": "LinkUp", "SpeedMbps": 25000} for n in range(4)}
    found = card({"p0": up()}, functions, interfaces=interfaces)
    assert [seen(nic) for nic in found.nics] == [set(MACS[:4])]
    bond = BondRequirement("bond0", 2, speed=Range(25 * 10**9, None, ">= 25 Gb/s"))
    assert judged(found, bonds=(bond,))["network.bond0.members"].verdict is not Verdict.PASS


@pytest.mark.truth("A5", HOST)
def test_both_addresses_of_a_function_are_the_hosts() -> None:
    one = {"NetDevFuncType": "ethernet", "Ethernet": {"PermanentMACAddress": MACS[1], "MACAddress": MACS[7]}}
    assert set(card({"p0": up()}, {"f": one}).identity.macs) == {MACS[1], MACS[7]}


@pytest.mark.truth("A5", NO_MAC)
@pytest.mark.parametrize(
    "said",
    [{}, {"Ethernet": {"AssociatedMACAddresses": []}}, {"AssociatedNetworkAddresses": ["N/A"]},
     {"Ethernet": {"AssociatedMACAddresses": ["00:00:00:00:00:00"]}}],
)  # fmt: skip
def test_a_port_without_an_address_is_shown_and_told(said: dict[str, Any]) -> None:
    found = card({"p0": up(400, **said), "p1": up(400, Ethernet={"AssociatedMACAddresses": [MACS[2]]})})
    assert [(nic.name, nic.mac, nic.speed) for nic in found.nics] == [
        ("p0", "", 400 * 10**9), ("p1", MACS[2], 400 * 10**9),
    ]  # fmt: skip
    assert "states no MAC address" in reasons(found, "nics.p0.mac")
    bond = BondRequirement("bond0", 2)
    finding = judged(found, bonds=(bond,))["network.bond0.mac"]
    assert finding.verdict is Verdict.UNKNOWN


@pytest.mark.truth("A5", NO_MAC)
def test_ports_of_several_cards_that_count_anew_keep_names_of_their_own() -> None:
    other = f"{ADAPTER[:-1]}6"
    found = read({ADAPTER: {"Ports": to(NEW)}, f"{NEW}/0": up(), other: {"Ports": to(f"{other}/Ports")},
                  f"{other}/Ports/0": up()})  # fmt: skip
    names = [nic.name for nic in found.nics if not nic.mac]
    assert names == ["card-5 0", "card-6 0"]
    assert all(reasons(found, f"nics.{name}.mac") for name in names)


@pytest.mark.truth("A5", NO_MAC)
def test_an_interface_without_an_address_is_shown_where_no_card_shows_its_ports() -> None:
    dark = {"MACAddress": "Not Available", "Status": {"State": "Enabled"}}
    found = read({f"{PORTS}/hsn0": dark})
    assert [(nic.name, nic.mac) for nic in found.nics] == [("1", "06:31:00:00:00:21"), ("hsn0", "")]
    assert reasons(found, "nics.hsn0.mac")


def test_an_infiniband_port_and_its_function_are_no_ethernet_port() -> None:
    port = up(200, LinkNetworkTechnology="InfiniBand", Ethernet={"AssociatedMACAddresses": [MACS[0]]})
    assert card({"p0": port}, {"f": function(MACS[1])}).nics == ()


def test_a_card_that_hides_nothing_is_not_asked_for_its_functions() -> None:
    """Its controller counts as many functions as ports, and the system shows each port's address: one request less."""
    told = {"Controllers": [{"ControllerCapabilities": {"NetworkDeviceFunctionCount": 1}}]}
    interface = {"e0": {"MACAddress": MACS[0], "LinkStatus": "LinkUp"}}
    found = card(
        {"p0": up(AssociatedNetworkAddresses=[MACS[0]])}, {"f": function(MACS[0])}, interfaces=interface, **told
    )
    assert [(nic.name, nic.mac, nic.mtu) for nic in found.nics] == [("e0", MACS[0], None)]
