"""What a BMC with a hardware fault tells: all of it fits together, and its neighbours tell what they told before."""

from __future__ import annotations

import pytest

from metalctl.lab.faults import find, names
from metalctl.lab.faults.hardware import Hardware, is_there
from metalctl.lab.fleet import BadFault, Fleet, FleetSettings, load_tree, parse_fault

HARDWARE = {
    "bios-old", "channel-empty", "ecc-off", "failing-drive", "iommu-off", "legacy-boot", "mapped-out-dimm",
    "missing-drive", "mixed-drive-firmware", "mixed-microcode", "nic-10g", "nic-firmware-old", "nic-no-link",
    "narrow-link", "no-power-loss-protection", "psu-failed", "psu-missing", "smt-off", "tpm-off", "virtualization-off",
    "wrong-drive", "wrong-endurance",
}  # fmt: skip
SYSTEM = "/redfish/v1/Systems/Node-0"


def fleet_of(*faults, tree="storage", count=1):
    return Fleet(load_tree(tree) if isinstance(tree, str) else tree, FleetSettings(count=count, faults=tuple(faults)))


def damaged(*faults, tree="storage"):
    """One BMC with the faults, and all that it tells by path."""
    bmc = fleet_of(*map(parse_fault, faults), tree=tree).bmcs[0]
    return bmc, told(bmc)


def told(bmc):
    """Path → resource, of all that is reached from the root."""
    found, todo = {}, ["/redfish/v1"]
    while todo:
        path = todo.pop().partition("#")[0].rstrip("/")
        if path not in found:
            found[path] = bmc.resource(bmc.library.canonical(path))
            todo += links(found[path])
    return found


def links(value):
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("@odata.id"), str):
            yield value["@odata.id"]
        for inner in value.values():
            yield from links(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from links(inner)


def of_kind(found, kind):
    return [one for one in found.values() if str((one or {}).get("@odata.type")).startswith(f"#{kind}.")]


def test_every_hardware_fault_is_found_by_its_name():
    assert {name for name in names() if issubclass(find(name), Hardware)} == HARDWARE


@pytest.mark.parametrize("fault", sorted(HARDWARE))
def test_what_a_damaged_machine_tells_fits_together(fault):
    _, before = damaged()
    _, after = damaged(fault)
    assert after != before
    assert [path for path, one in after.items() if one is None] == [], "a link that leads nowhere"
    for one in after.values():
        if "Members" in one:
            assert one["Members@odata.count"] == len(one["Members"])
    (summary,) = [one["MemorySummary"]["TotalSystemMemoryGiB"] for one in of_kind(after, "ComputerSystem")]
    modules = [one for one in of_kind(after, "Memory") if one["Status"]["State"] == "Enabled"]
    assert summary * 1024 == sum(one["CapacityMiB"] for one in modules)
    threads = sum(one["TotalThreads"] for one in of_kind(after, "Processor"))
    assert after[SYSTEM]["ProcessorSummary"]["LogicalProcessorCount"] == threads
    old, new = after["/redfish/v1/Chassis/Tray-0/Power"]["PowerSupplies"], of_kind(after, "PowerSupply")
    assert [one["Status"] for one in old] == [one["Status"] for one in sorted(new, key=lambda one: one["Id"])]


@pytest.mark.parametrize("fault", sorted(HARDWARE))
def test_its_neighbours_tell_what_they_told_before(fault):
    share = parse_fault(f"{fault}=0.5")
    plain, fleet = fleet_of(count=2), fleet_of(share, count=2)
    for other, bmc in zip(plain.bmcs, fleet.bmcs, strict=True):
        same = [bmc.resource(path) == other.resource(path) for path in plain.library.tree if "Managers" not in path]
        assert all(same) is not bool(bmc.faults)
    assert sum(bool(bmc.faults) for bmc in fleet.bmcs) == 1


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("mapped-out-dimm", "DIMM B8 has been mapped out"),
        ("failing-drive", "Bay 11 predicts its failure"),
        ("missing-drive:nvme", "Bay 15 is not there"),
        ("psu-missing", "PSU 2 is not there"),
        ("psu-failed", "PSU 2 has failed"),
    ],
)
def test_what_a_firmware_notices_is_in_its_log_and_in_the_systems_health(fault, says):
    _, after = damaged(fault)
    entries = of_kind(after, "LogEntry")
    assert [says in one["Message"] for one in entries].count(True) == 1
    assert after[SYSTEM]["Status"]["HealthRollup"] in ("Warning", "Critical")


@pytest.mark.parametrize(
    ("faults", "kind", "ill", "left"),
    [
        (("failing-drive", "missing-drive"), "Drive", 1, 15),
        (("missing-drive", "failing-drive"), "Drive", 1, 15),
        (("missing-drive", "missing-drive"), "Drive", 0, 14),
        (("mapped-out-dimm", "channel-empty"), "Memory", 1, 15),
        (("psu-failed", "psu-missing"), "PowerSupply", 1, 1),
    ],
)
def test_two_faults_are_two_parts(faults, kind, ill, left):
    _, after = damaged(*faults)
    there = [one for one in of_kind(after, kind) if is_there(one)]
    assert (sum(one["Status"]["Health"] != "OK" for one in there), len(there)) == (ill, left)


def test_two_faults_of_a_card_are_two_ports():
    _, after = damaged("nic-10g", "nic-no-link")
    card = [one for path, one in after.items() if "/NetworkAdapters/Nic-0/Ports/" in path]
    assert sorted((one["LinkStatus"], one["CurrentSpeedGbps"]) for one in card) == [("LinkDown", 0), ("LinkUp", 10)]
    seen = [one for path, one in after.items() if "/EthernetInterfaces/Nic-0-" in path]
    assert sorted((one["LinkStatus"], one["SpeedMbps"]) for one in seen) == [("LinkDown", 0), ("LinkUp", 10_000)]


@pytest.mark.parametrize(
    ("fault", "tree"),
    [("missing-drive", "compute"), ("failing-drive:tape", "storage"), ("mixed-microcode", "one socket")],
)
def test_a_machine_that_cannot_have_the_fault_refuses_it(fault, tree):
    server = load_tree("compute") if tree == "one socket" else load_tree(tree)
    if tree == "one socket":
        server[f"{SYSTEM}/Processors/Cpu-1"]["Status"] = {"State": "Absent"}
    with pytest.raises(BadFault, match=fault.partition(":")[0]):
        damaged(fault, tree=server)


def test_an_expanded_answer_shows_the_fault(start):
    client = start("compute", faults=("channel-empty",)).client()
    members = client.get(f"{SYSTEM}/Memory?$expand=.($levels=1)").json()["Members"]
    assert [one["DeviceLocator"] for one in members if one["Status"]["State"] == "Absent"] == ["B12"]


def test_a_setting_that_is_set_again_mends_the_fault_at_the_next_boot(start, until):
    client = start("compute", faults=("virtualization-off",)).client()
    assert client.get(f"{SYSTEM}/Bios").json()["Attributes"]["SvmMode"] == "Disabled"
    client.send("PATCH", f"{SYSTEM}/Bios/Settings", {"Attributes": {"SvmMode": "Enabled"}})
    client.send("POST", f"{SYSTEM}/Actions/ComputerSystem.Reset", {"ResetType": "On"})
    assert until(lambda: client.get(f"{SYSTEM}/Bios").json()["Attributes"]["SvmMode"] == "Enabled")
