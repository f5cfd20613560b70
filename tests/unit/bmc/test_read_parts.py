"""Parsers of resources that the captures do not have, or have only one way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from metalctl.bmc.redfish.parse import chassis, compute, dimms, firmware, manager, network, ports, storage, supply
from metalctl.bmc.redfish.schema.chassis import Fan, PcieDeviceSchema, PowerSupply, Reading, SensorSchema, Thermal
from metalctl.bmc.redfish.schema.fields import Flag, Mac, Many, Number, Ref, Refs, Schema, Text, Values, Whole
from metalctl.bmc.redfish.schema.manager import LogEntrySchema, LogService, ManagerSchema, Software
from metalctl.bmc.redfish.schema.network import DeviceFunction, EthernetInterface, NetworkAdapter, Port
from metalctl.bmc.redfish.schema.storage import Drive, StorageController, Volume
from metalctl.bmc.redfish.schema.system import MemoryModule, Processor, System
from metalctl.model.inventory import Firmware, PcieLink


class Thing(Schema):
    """Every kind of field."""

    name = Text("A.B", "C")
    count = Whole("N")
    share = Number("N")
    on = Flag("F")
    mac = Mac("M")
    values = Values("V")
    ref = Ref("R")
    refs = Refs("L.R")
    inside = Many("I", Reading)


def test_a_field_is_the_first_of_its_names_that_says_something() -> None:
    assert Thing({"A": {"B": "  two   words "}, "C": "c"}).name == "two words"
    assert Thing({"A": {"B": "N/A"}, "C": "c"}).name == "c"
    assert Thing({"A": "B", "C": None}).name == ""


@pytest.mark.parametrize("said", ["8", 8, 8.2, " 8 "])
def test_a_number_may_be_written_as_text(said: Any) -> None:
    assert Thing({"N": said}).count == 8


@pytest.mark.parametrize("said", [True, "x", None, [], {}, "nan", "inf", "1e999", 10**400])
def test_what_is_no_number_states_none(said: Any) -> None:
    assert (Thing({"N": said}).count, Thing({"N": said}).share) == (None, None)


def test_a_property_of_another_type_states_nothing() -> None:
    odd = Thing({"A": 1, "C": [], "F": "perhaps", "M": "00:00:00:00:00:00", "V": {}, "R": [], "L": 3, "I": [1, None]})
    assert (odd.name, odd.on, odd.mac, odd.values, odd.ref, odd.refs, odd.inside) == ("", None, "", (), {}, [], [])


def test_half_of_the_cores_is_no_sum() -> None:
    found = compute.cpu([Processor({"TotalCores": 8, "TotalThreads": 8}), Processor({"TotalThreads": 8})])
    assert found
    assert (found.sockets, found.cores, found.threads, found.smt) == (2, None, 16, None)


def test_an_empty_slot_has_size_zero_and_a_dimm_without_size_is_not_guessed() -> None:
    empty = dimms.dimm(MemoryModule({"DeviceLocator": "A1", "Status": {"State": "Absent"}}))
    assert empty
    assert (empty.slot, empty.size) == ("A1", 0)
    assert dimms.dimm(MemoryModule({"DeviceLocator": "A2"})) is None


@pytest.mark.parametrize(
    ("states", "ecc"),
    [(["MultiBitECC", "SingleBitECC"], True), (["MultiBitECC", "NoECC"], False), (["MultiBitECC", None], None),
     ([None, None], None), ([], None)],
)  # fmt: skip
def test_memory_has_ecc_when_every_module_says_so_and_one_that_says_nothing_leaves_it_open(
    states: list[str | None], ecc: bool | None
) -> None:
    told = [MemoryModule({"Id": str(n), "CapacityMiB": 1024, "ErrorCorrection": one}) for n, one in enumerate(states)]
    empty = MemoryModule({"Id": "9", "Status": {"State": "Absent"}})
    assert dimms.memory(System({}), [*told, empty], []).ecc is ecc


@pytest.mark.parametrize(
    ("modules", "present", "version"),
    [([{"InterfaceType": "TPM2_0", "Status": {"State": "Enabled"}}], True, "2.0"),
     ([{"InterfaceType": "TPM1_2"}], True, "1.2"), ([{"InterfaceType": "TCM1_0"}], True, ""),
     ([{"Status": {"State": "Absent"}}], False, ""), ([], False, "")],
)  # fmt: skip
def test_a_tpm_is_there_or_not(modules: list[Any], present: bool, version: str) -> None:
    found = compute.tpm(System({"TrustedModules": modules}))
    assert found
    assert (found.present, found.version) == (present, version)


def test_where_nothing_is_said_of_a_tpm_nothing_is_known() -> None:
    assert compute.tpm(System({})) is None


@pytest.mark.parametrize(
    ("drive", "status", "wear"),
    [({"Status": {"Health": "OK"}, "PredictedMediaLifeLeftPercent": 93, "MediaType": "SSD"}, "ok", 7.0),
     ({"Status": {"Health": "OK"}, "FailurePredicted": True}, "failing", None),
     ({"Status": {"Health": "Critical"}}, "failing", None),
     ({"Status": {"Health": "Warning"}, "PredictedMediaLifeLeftPercent": 200}, "warning", None),
     ({"FailurePredicted": False}, None, None)],
)  # fmt: skip
def test_the_health_of_a_drive_is_what_it_says(drive: dict[str, Any], status: str | None, wear: float | None) -> None:
    health = storage.disk(Drive(drive)).health
    assert (health.status if health else None, health.wear if health else None) == (status, wear)


def test_a_volume_names_its_level_and_its_disks_by_serial() -> None:
    drives = [{"@odata.id": f"/D/{n}"} for n in (1, 2)]
    new = Volume({"Name": "os", "RAIDType": "RAID1", "CapacityBytes": 100, "Links": {"Drives": drives}})
    found = storage.volume(new, "RAID.1", {"/D/1": "S1", "/D/2": ""})
    assert (found.name, found.level, found.members, found.controller) == ("os", "raid1", ("2", "S1"), "RAID.1")
    assert storage.volume(Volume({"VolumeType": "Mirrored"}), "", {}).level == "raid1"
    assert storage.volume(Volume({"VolumeType": "RawDevice"}), "", {}).level == ""


def test_a_controller_is_a_raid_controller_only_if_it_says_so() -> None:
    modes = [{"SupportedRAIDTypes": ["RAID1"]}, {"SupportedRAIDTypes": []}, {}]
    assert [storage.controller(StorageController(m), "x").mode for m in modes] == ["raid", "hba", ""]


def test_a_port_of_the_new_schema_tells_speed_and_what_it_can_do() -> None:
    adapter = NetworkAdapter({"Id": "OCP", "Model": "X", "Location": {"PartLocation": {"ServiceLabel": "OCP 1"}}})
    port = Port({
        "Id": "1", "LinkStatus": "LinkUp", "CurrentSpeedGbps": 25, "LinkNetworkTechnology": "Ethernet",
        "Ethernet": {"AssociatedMACAddresses": ["AA:BB:CC:00:00:01"]},
        "LinkConfiguration": [{"CapableLinkSpeedGbps": [10, 25]}],
    })  # fmt: skip
    (view,) = network.adapter_views(adapter, [port], [])
    found = view.nic
    assert (found.mac, found.speed, found.link, found.slot) == ("aa:bb:cc:00:00:01", 25 * 10**9, True, "OCP 1")
    assert found.supported == (10 * 10**9, 25 * 10**9)


def test_three_views_of_a_port_are_one_port_and_the_first_that_states_a_fact_wins() -> None:
    adapter = NetworkAdapter({"Id": "A", "Controllers": [{"FirmwarePackageVersion": "1.2"}]})
    function = DeviceFunction({"Id": "F", "Ethernet": {"MACAddress": "AA:BB:CC:00:00:01"}, "MaxVirtualFunctions": 8})
    own = network.nic(EthernetInterface({"Id": "eth", "MACAddress": "aa-bb-cc-00-00-01", "LinkStatus": "LinkDown"}))
    assert own
    (view,) = ports.joined([own], network.adapter_views(adapter, [], [function]))
    found = view.nic
    assert (found.name, found.link, found.firmware, found.sriov, found.speed) == ("eth", False, "1.2", 8, None)


@pytest.mark.parametrize(
    "odd",
    [{"EthernetInterfaceType": "Virtual"}, {"MACAddress": None}, {"MACAddress": "00:00:00:00:00:00"}],
)
def test_what_is_no_physical_port_is_no_nic(odd: dict[str, Any]) -> None:
    port = {"Id": "1", "MACAddress": "02:00:00:00:00:01"}
    assert network.nic(EthernetInterface(port)) is not None
    assert network.nic(EthernetInterface(port | odd)) is None


def test_an_infiniband_port_is_no_ethernet_port() -> None:
    port = Port({"ActiveLinkTechnology": "InfiniBand", "AssociatedNetworkAddresses": ["AA:BB:CC:00:00:01"]})
    assert network.adapter_views(NetworkAdapter({}), [port], []) == []


def test_an_empty_power_supply_bay_is_told() -> None:
    found = supply.supplies([PowerSupply({"Name": "P1", "Status": {"State": "Absent"}}), PowerSupply({})])
    assert [(one.slot, one.present) for one in found] == [("P1", False), ("", None)]


def test_sensors_of_the_new_schema_have_kind_unit_and_limits() -> None:
    inlet = {
        "Name": "Inlet",
        "ReadingType": "Temperature",
        "Reading": 22,
        "Thresholds": {"UpperCritical": {"Reading": 47}},
    }
    found = chassis.sensors(map(SensorSchema, [
        inlet, {"Name": "Fan 1", "ReadingType": "Percent", "Reading": 40}, {"Name": "Load", "ReadingType": "Percent"},
        {"Name": "Energy", "ReadingType": "EnergykWh"}, {"ReadingType": "Power", "Status": {"State": "Absent"}},
    ]))  # fmt: skip
    assert [(s.kind, s.value, s.unit, s.upper_critical) for s in found] == [
        ("temperature", 22, "°C", 47),
        ("fan", 40, "%", None),
    ]


def test_a_sensor_that_is_switched_off_or_absent_is_none() -> None:
    cold = {"Name": "T", "ReadingCelsius": 0, "Status": {"State": "Absent"}}
    hot = {"Name": "U", "ReadingCelsius": 91, "Status": {"Health": "Critical"}}
    found = chassis.thermal_sensors(Thermal({"Temperatures": [cold, hot]}))
    assert [(s.name, s.health) for s in found] == [("U", "critical")]


def test_a_fan_says_turns_else_per_cent_and_an_empty_bay_nothing() -> None:
    fans = [{"SpeedPercent": {"SpeedRPM": 5000, "Reading": 30}}, {"SpeedPercent": {"Reading": 30}}]
    assert [(f.value, f.unit) for one in fans if (f := chassis.fan(Fan(one)))] == [(5000, "rpm"), (30, "%")]
    assert chassis.fan(Fan({"Status": {"State": "Absent"}})) is None


def test_a_pcie_link_is_told_as_it_runs_and_as_it_could() -> None:
    found = chassis.pcie(PcieDeviceSchema(
        {"PCIeInterface": {"PCIeType": "Gen3", "MaxPCIeType": "Gen4", "LanesInUse": 8, "MaxLanes": 16}}
    ))  # fmt: skip
    assert found.link == PcieLink(8.0, 8, 16.0, 16)
    assert chassis.pcie(PcieDeviceSchema({})).link is None


@pytest.mark.parametrize(
    ("stated", "zone", "offset"),
    [("2024-01-01T00:01:00Z", "", 60.0), ("2024-01-01T01:00:00+01:00", "", 0.0), ("2024-01-01T02:00:00", "+02:00", 0.0),
     ("2024-01-01T00:00:00", "", None), ("", "", None), ("yesterday", "+00:00", None),
     ("1970-01-01T00:00:00Z", "", -1704067200.0)],
)  # fmt: skip
def test_the_clock_of_the_bmc_is_ahead_by_so_many_seconds(stated: str, zone: str, offset: float | None) -> None:
    assert manager.clock_offset(stated, zone, datetime(2024, 1, 1, tzinfo=UTC)) == offset


def test_the_mac_of_the_bmc_is_that_of_the_port_we_speak_to() -> None:
    ports = [
        {"MACAddress": "AA:BB:CC:00:00:01", "Links": {"HostInterface": {"@odata.id": "/h"}}},
        {"MACAddress": "AA:BB:CC:00:00:02", "InterfaceEnabled": False},
        {"MACAddress": "AA:BB:CC:00:00:03"},
        {"MACAddress": "AA:BB:CC:00:00:04", "IPv4Addresses": [{"Address": "192.0.2.9"}]},
    ]

    def mac(reached: str) -> str:
        record, now = ManagerSchema({}), datetime.now(UTC)
        return manager.manager(record, map(EthernetInterface, ports), reached, now).mac

    assert (mac("192.0.2.9"), mac("192.0.2.1")) == ("aa:bb:cc:00:00:04", "aa:bb:cc:00:00:04")
    del ports[3]
    assert mac("192.0.2.1") == "aa:bb:cc:00:00:03", "no port states an address of a network"


@pytest.mark.parametrize(
    ("of_system", "of_manager", "chosen"),
    [([("IML", "")], [("IEL", "")], "IML"), ([], [("Lclog", ""), ("Sel", "")], "Sel"),
     ([("Log1", "")], [("X", "SEL")], "X"), ([], [("Audit", "")], "Audit"), ([], [], None)],
)  # fmt: skip
def test_of_several_logs_the_event_log_is_read(of_system: list[Any], of_manager: list[Any], chosen: str | None) -> None:
    listed = [[LogService({"Id": i, "LogEntryType": k}) for i, k in logs] for logs in (of_system, of_manager)]
    found = manager.choose_log(*listed, "(?i)^sel$")
    assert (found.id if found else None) == chosen


def test_the_newest_entries_are_kept_newest_first_across_time_zones() -> None:
    times = ["2024-01-01T00:00:00Z", "", "2024-01-01T01:30:00+02:00", "2024-01-01T00:00:01Z", "garbage"]
    entries = [manager.log_entry(LogEntrySchema({"Created": at, "Severity": "Warning"})) for at in times]
    kept = manager.newest(entries, 3)
    assert [one.at for one in kept] == [times[3], times[0], times[2]]
    assert kept[0].severity == "warning"


def test_a_firmware_that_is_only_at_hand_does_not_run_where_it_is_known_what_does() -> None:
    rows = [("BIOS", "1.8.2"), ("BIOS", "1.2.4"), ("NIC", "1"), ("NIC", "2"), ("BIOS", "1.8.2"), ("PSU", "")]
    listed = [Software({"Name": n, "Version": v, "ReleaseDate": "00:00:00Z"}) for n, v in rows]
    assert firmware.firmwares(listed, {"1.8.2"}) == (
        Firmware("BIOS", "1.2.4", state="inactive"), Firmware("BIOS", "1.8.2"), Firmware("NIC", "1"),
        Firmware("NIC", "2"),
    )  # fmt: skip


def test_bios_settings_are_text_and_passwords_are_left_out() -> None:
    attributes = {
        "Boot": "Uefi",
        "Delay": 120,
        "Flag": True,
        "Unset": None,
        "SetupPassword": "hunter2",
        "SysPassword": None,
    }
    assert manager.settings(attributes) == {
        "Boot": "Uefi", "Delay": "120", "Flag": "true", "SysPassword": "", "Unset": "",
    }  # fmt: skip
