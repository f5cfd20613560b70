"""All chassis of a system are read, each once, and never a neighbour's: one tree a shape of enclosure."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.lab.fleet.replay import Replay
from metalctl.model.inventory import Inventory
from tests.unit.bmc.conftest import ROOT, SYSTEM, collection, member

GOOD = Credential("admin", "s3cret")
OTHER = f"{ROOT}/Systems/blade-8"
ALL = "all chassis of a system hold its parts, whichever end links to the other"
NEIGHBOUR = "a part in a neighbour's chassis is not the system's"


def box(name: str, serial: int, **links: Any) -> dict[str, Any]:
    """A chassis with an adapter, a device and a supply of its own; their addresses and serials end in `serial`."""
    at = f"{ROOT}/Chassis/{name}"
    power = {"Name": f"PSU {serial}", "MemberId": "0", "SerialNumber": f"P-{serial}"}
    port = {"Ethernet": {"AssociatedMACAddresses": [f"02:00:00:00:00:{serial:02x}"]}}
    kind = links.pop("kind", "")
    parts = {name: member(f"{at}/{name}") for name in ("Power", "NetworkAdapters", "PCIeDevices")}
    return {
        at: {"Id": name, **({"ChassisType": kind} if kind else {}), "Links": links, **parts},
        f"{at}/Power": {"PowerSupplies": [power]},
        f"{at}/NetworkAdapters": collection(f"{at}/NetworkAdapters/N"),
        f"{at}/NetworkAdapters/N": {"Id": "N", "Ports": member(f"{at}/NetworkAdapters/N/Ports")},
        f"{at}/NetworkAdapters/N/Ports": collection(f"{at}/NetworkAdapters/N/Ports/1"),
        f"{at}/NetworkAdapters/N/Ports/1": port | {"Id": "1", "LinkStatus": "LinkUp"},
        f"{at}/PCIeDevices": collection(f"{at}/PCIeDevices/D{serial}"),
        f"{at}/PCIeDevices/D{serial}": {"Id": f"D{serial}", "SerialNumber": f"C-{serial}"},
    }


def names(*systems: str) -> dict[str, Any]:
    return {"ComputerSystems": [member(one) for one in systems]}


def inside(name: str) -> dict[str, Any]:
    return {"ContainedBy": member(f"{ROOT}/Chassis/{name}")}


def around(*chassis: str) -> dict[str, Any]:
    return {"Contains": [member(f"{ROOT}/Chassis/{name}") for name in chassis]}


def placed(tree: dict[str, Any], linked: list[str], *boxes: dict[str, Any], other: list[str] | None = None) -> Replay:
    """The small tree in these chassis. linked: by our system; other: by another system, if there is one."""
    for part in boxes:
        tree |= part
    chassis = [path for path in tree if path.startswith(f"{ROOT}/Chassis/") and path.count("/") == 4]
    tree[ROOT]["Chassis"] = member(f"{ROOT}/Chassis")
    tree[f"{ROOT}/Chassis"] = collection(*chassis)
    tree[SYSTEM]["Links"] = {"Chassis": [member(f"{ROOT}/Chassis/{name}") for name in linked]}
    if other is not None:
        tree[OTHER] = {"Id": "blade-8", "BiosVersion": "1", "SerialNumber": "S-8"}
        tree[OTHER]["Links"] = {"Chassis": [member(f"{ROOT}/Chassis/{name}") for name in other]}
        tree[f"{ROOT}/Systems"] = collection(SYSTEM, OTHER)
    return Replay({path: {"@odata.id": path} | one for path, one in tree.items()}, "admin", "s3cret")


def taken(server: Replay, expands: bool = False) -> Inventory:
    several = len(server.tree[f"{ROOT}/Systems"]["Members"]) > 1
    if expands:
        server.tree[ROOT]["ProtocolFeaturesSupported"] = {"ExpandQuery": {"NoLinks": True, "Levels": True}}
    with connect(parse_endpoint(f"{server.url}{'?system=blade-7' if several else ''}"), GOOD, timeout=60) as bmc:
        return bmc.inventory()


def parts(found: Inventory) -> tuple[list[str], list[str], list[str]]:
    """What is in the adapters, devices and supplies: the numbers of their chassis."""
    nics = sorted(str(int(n.mac[-2:], 16)) for n in found.nics if n.mac.startswith("02:"))
    return nics, sorted(d.serial[2:] for d in found.pcie), sorted(s.serial[2:] for s in found.power_supplies)


@pytest.mark.truth("A3", ALL)
@pytest.mark.parametrize("expands", [False, True])
@pytest.mark.parametrize(
    "boxes",
    [
        [box("main", 1), box("io", 2, **names(SYSTEM))],
        [box("main", 1, **around("io")), box("io", 2, kind="Component")],
        [box("main", 1), box("io", 2, **inside("main"), kind="Module")],
        [
            box("main", 1, **around("tray")),
            box("tray", 2, **inside("main")),
        ],
        [box("main", 1, kind="Module", **inside("shell")), box("shell", 2, kind="RackMount")],
        [box("main", 1, kind="Component"), box("shell", 2, **around("main"))],
        [box("main", 1, kind="RackMount", **around("io")), box("io", 2, kind="RackMount", **names(SYSTEM))],
    ],
    ids=["names the system", "contained", "contained by", "both ends", "around a board", "contains a board", "a shelf"],
)
def test_the_parts_in_another_chassis_of_the_system_are_its_parts(
    tree: dict[str, Any], boxes: list[dict[str, Any]], expands: bool
) -> None:
    with placed(tree, ["main"], *boxes) as server:
        found = taken(server, expands)
    assert parts(found) == (["1", "2"], ["1", "2"], ["1", "2"])
    assert found.unreadable == ()


@pytest.mark.truth("A3", ALL)
def test_what_hangs_under_what_hangs_under_it_is_read_too(tree: dict[str, Any]) -> None:
    chain = [box("main", 1, **around("a")), box("a", 2), box("b", 3, **inside("a")), box("c", 4, **inside("b"))]
    with placed(tree, ["main"], *chain, box("far", 9)) as server:
        assert parts(taken(server)) == (["1", "2", "3", "4"],) * 3


@pytest.mark.truth("A3", ALL)
def test_chassis_that_the_bmcs_list_leaves_out_are_read_by_their_links(tree: dict[str, Any]) -> None:
    chain = [box("main", 1, kind="Module", **inside("shell"), **around("a")), box("a", 2, **around("b")), box("b", 3)]
    with placed(tree, ["main"], *chain, box("shell", 4, kind="RackMount")) as server:
        server.tree[f"{ROOT}/Chassis"] = collection(f"{ROOT}/Chassis/main")
        assert parts(taken(server)) == (["1", "2", "3", "4"],) * 3
        server.tree[f"{ROOT}/Chassis/a"]["Links"]["Contains@odata.count"] = 2
        assert {u.address for u in taken(server).unreadable} == {f"{ROOT}/Chassis/a"}


@pytest.mark.truth("A3", NEIGHBOUR)
@pytest.mark.parametrize(
    ("boxes", "other"),
    [
        ([box("b8", 8, **names(OTHER))], []),
        ([box("b8", 8)], ["b8"]),
        ([box("b8", 8, **inside("enclosure"), **names(OTHER)), box("enclosure", 5, **around("main", "b8"))], []),
        ([box("b8", 8, **inside("enclosure")), box("enclosure", 5, **around("main", "b8"))], ["b8"]),
        ([box("b8", 8, kind="Blade", **inside("enclosure")), box("enclosure", 5, **around("main", "b8"))], []),
        ([box("enclosure", 5, **around("main"), **names(OTHER))], []),
        ([box("rack", 5, kind="Rack", **around("main"))], []),
        ([box("b8", 8, **inside("main"), **names(OTHER))], []),
        ([box("b8", 8, kind="Sled", **inside("main"))], []),
    ],
)
def test_a_neighbours_chassis_and_what_holds_both_are_not_the_systems(
    tree: dict[str, Any], boxes: list[dict[str, Any]], other: list[str]
) -> None:
    own = [box("main", 1, kind="Module", **names(SYSTEM)), box("io", 2, **names(SYSTEM))]
    with placed(tree, ["main"], *own, *boxes, other=other) as server:
        assert parts(taken(server)) == (["1", "2"], ["1", "2"], ["1", "2"])


@pytest.mark.parametrize("kind", ["Blade", "Sled", "RackMount"])
def test_what_a_blade_is_plugged_into_is_not_its_own_whoever_else_shows_there(tree: dict[str, Any], kind: str) -> None:
    blade = box("main", 1, kind=kind, **inside("enclosure"))
    with placed(tree, ["main"], blade, box("enclosure", 5, kind="Enclosure", **around("main"))) as server:
        assert parts(taken(server)) == (["1"], ["1"], ["1"])


@pytest.mark.truth("A3", NEIGHBOUR)
def test_of_a_chassis_that_holds_others_too_the_supplies_are_read_and_the_adapters_are_not(
    tree: dict[str, Any],
) -> None:
    shared = box("main", 5, **names(SYSTEM, OTHER))
    with placed(tree, ["main"], shared, other=["main"]) as server:
        assert parts(taken(server)) == ([], [], ["5"])


@pytest.mark.truth("A3", "a part that two chassis list is one part")
def test_what_two_chassis_list_is_one_part(tree: dict[str, Any]) -> None:
    board = box("board", 2, **inside("main"))
    at = f"{ROOT}/Chassis"
    board[f"{at}/board"] |= {name: member(f"{at}/main/{name}") for name in ("PCIeDevices", "NetworkAdapters")}
    board[f"{at}/board/Power"]["PowerSupplies"] += [{"MemberId": "1", "Name": "PSU 1", "SerialNumber": "P-1"}]
    with placed(tree, ["main"], box("main", 1), board) as server:
        found = taken(server)
    assert parts(found) == (["1"], ["1"], ["1", "2"])


@pytest.mark.truth("A1", "what is listed or linked and cannot be read is unreadable with its address, not absent")
def test_a_chassis_that_may_be_the_systems_and_cannot_be_read_is_told(tree: dict[str, Any]) -> None:
    with placed(tree, ["main"], box("main", 1, **around("io")), box("io", 2)) as server:
        del server.tree[f"{ROOT}/Chassis/io"]
        found = taken(server)
    assert {u.fact for u in found.unreadable} == {"nics", "pcie", "power_supplies", "sensors"}
    assert {u.address for u in found.unreadable} == {f"{ROOT}/Chassis/io"}
    assert parts(found) == (["1"], ["1"], ["1"])


def test_a_backplane_that_says_that_it_has_no_device_is_not_asked(tree: dict[str, Any]) -> None:
    none = {"PCIeDevices": [], "PCIeDevices@odata.count": 0}
    with placed(tree, ["main"], box("main", 1), box("plane", 2, **inside("main"), **none)) as server:
        assert parts(taken(server))[1] == ["1"]
        assert ("GET", f"{ROOT}/Chassis/plane/PCIeDevices") not in server.requests
