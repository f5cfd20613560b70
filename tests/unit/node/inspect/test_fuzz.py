"""Whatever a tool, a file or a driver answers, a collector reads it or says that it cannot: it never raises.

Three kinds of nonsense: any text to each pure parser, the recorded cases with one answer damaged, and JSON of the
right keys with values of any kind.
"""

from __future__ import annotations

import copy
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from metalctl.model import slots
from metalctl.model.codec import decode, encode
from metalctl.model.inventory import Controller, Dimm, Disk, Inventory, Volume
from metalctl.node import dmi, edac
from metalctl.node.bondstate import proc
from metalctl.node.inspect import (
    attributes,
    behind,
    bmc,
    caches,
    collect,
    cpu,
    disks,
    ethtool,
    lldp,
    memory,
    memory_devices,
    numa,
    nvme,
    pcie,
    pcilink,
    pcinames,
    power,
    smart,
    ssacli,
    storcli,
    storcli_cards,
    storcli_drives,
    storcli_volumes,
    tpm,
    values,
    virtualization,
    volumes,
    vpd,
)
from metalctl.node.inspect.host import Host

pytestmark = pytest.mark.slow


def drives_told(data: dict[str, Any]) -> list[Disk]:
    """Every drive in one answer of storcli."""
    return [d for index, told in storcli._responses(data) for d in storcli_drives.parse(told, index, "")]


def volumes_told(data: dict[str, Any]) -> list[Volume]:
    """Every virtual drive in one answer of storcli that states the kernel's name."""
    return [v for _, told in storcli._responses(data) for v in storcli_volumes.parse(None, told, "")]


_HERE = Path(__file__).parent
_SPEC = importlib.util.spec_from_file_location("recorded_host_fuzz", _HERE / "recorded.py")
assert _SPEC
assert _SPEC.loader
_RECORDED = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_RECORDED)

_WORDS = st.sampled_from(
    ["Handle 0x1, DMI", "Size: ", "32 GB", "Speed: ", "MT/s", "²", "٣", "\t", "\n", "\n\n", ": ", "processor", "-1",
     "x", "Memory Device", "Status: ", "9" * 5000, "1e999", "NaN", "0x", "(", "K", "-", ",", "Slave Interface", "\0",
     "GT/s"]
)  # fmt: skip
_TEXT = st.one_of(st.text(max_size=60), st.lists(_WORDS, max_size=25).map("".join))
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), _TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)),
    max_leaves=8,
)
_PARSERS: dict[str, Callable[[str], Any]] = {
    "attributes.unpacked": lambda text: attributes.unpacked({"string": text, "value": len(text)}, words=True),
    "bmc.fields": bmc.fields,
    "bonds.parse": proc.parse,
    "caches.parse": caches.parse,
    "caches.listed": caches.listed,
    "cpu.parse": cpu.parse,
    "cpu.packages": lambda text: cpu.packages(dmi.sections(text), cpu.parse(text)),
    "disks.live_media": disks.live_media,
    "dmi.size": dmi.size,
    "edac.dimm_of": lambda text: edac.dimm_of(text, [Dimm(text, 1), Dimm(f"{text} A1", 1), Dimm("A1", 1)]),
    "edac.modules": lambda text: edac.modules(lambda path: text.split("\n") or ["dimm0"], lambda path: text, "mc0"),
    "edac.number": edac.number,
    "dmi.megatransfers": dmi.megatransfers,
    "ethtool.speeds": ethtool.speeds,
    "ethtool.speeds of bytes": lambda text: ethtool.speeds(text.encode(errors="replace").hex()),
    "lldp.parse": lldp.parse,
    "memory_devices.dimm": lambda text: [memory_devices.dimm(s) for s in dmi.sections(text)],
    "memory_devices.slots": memory_devices.slots,
    "memory_devices.processors": memory_devices.processors,
    "memory.ecc": memory.ecc,
    "slots.placed": lambda text: slots.placed([Dimm(text, 1), Dimm(f"{text} A1", 0), Dimm("A1", 1)], len(text) % 3),
    "numa.memory": numa.memory,
    "pcie.kind": pcie.kind,
    "pcilink.address": pcilink.address,
    "pcilink.speed": pcilink.speed,
    "pcilink.width": pcilink.width,
    "pcinames.parse": lambda text: pcinames.parse(text, [("8086", "1563"), (text[:4], text[4:8])]),
    "power.supply": lambda text: [power.supply(s) for s in dmi.sections(text)],
    "ssacli.parse": lambda text: ssacli.parse(f"physicaldrive 1I:1:1\n {text}\n  Size: {text}\n  WWID: {text}"),
    "ssacli.parse_volumes": lambda text: ssacli.parse_volumes(f"Logical Drive: 1\n {text}\n  Disk Name: /dev/{text}"),
    "tpm.vendor": tpm.vendor,
    "values.parsed": values.parsed,
    "volumes.health": lambda text: volumes.health(text, len(text)),
    "vpd.parse": lambda text: vpd.parse(text.encode(errors="replace")),
}
_KEYS: dict[str, tuple[Callable[[dict[str, Any]], Any], dict[str, Any]]] = {
    "nvme.health_of": (nvme.health_of, {"critical_warning": 0, "media_errors": 0, "temperature": 300, "avail_spare": 1,
                                        "data_units_written": 1, "percent_used": 1, "power_on_hours": 3}),
    "nvme.firmware_slots": (nvme.firmware_slots, {"nvme0": {"Active Firmware Slot (afi)": 1,
                                                            "Firmware Rev Slot 1": "1 (A)"}}),
    "nvme.namespace_of": (lambda d: nvme.namespace_of(1, d), {"nsze": 1, "flbas": 0, "lbafs": [{"ds": 9}]}),
    "behind.parse": (lambda d: behind.parse(d, "megaraid,0 /dev/bus/0"), {
        "serial_number": "S", "user_capacity": {"bytes": 1}, "rotation_rate": 7200, "device": {"protocol": "ATA"},
        "wwn": {"naa": 5, "oui": 1, "id": 2}, "logical_unit_id": "0x5000c500a1b2c3d7", "model_name": "M",
        "firmware_version": "F", "logical_block_size": 512, "smart_status": {"passed": True}}),
    "storcli.parse_volumes": (volumes_told, {"Controllers": [{"Response Data": {
        "/c0/v0": [{"TYPE": "RAID1", "State": "Optl"}], "PDs for VD 0": [{"EID:Slt": "32:0"}],
        "VD0 Properties": {"OS Drive Name": "/dev/sda"}}}]}),
    "storcli.parse": (drives_told, {"Controllers": [{"Response Data": {
        "Drive /c0/e32/s0": [{"EID:Slt": "32:0", "State": "Onln", "Intf": "SAS", "Med": "HDD", "Model": "M"}],
        "Drive /c0/e32/s0 - Detailed Information": {
            "Drive /c0/e32/s0 State": {"Media Error Count": 0, "Predictive Failure Count": 0,
                                       "Drive Temperature": " 31C (87 F)", "S.M.A.R.T alert flagged by drive": "No"},
            "Drive /c0/e32/s0 Device attributes": {"SN": "S", "WWN": "5000C500A1B2C3D4", "Firmware Revision": "1",
                                                   "Raw size": "1 TB [0xd196e9b0 Sectors]"}}}}]}),
    "storcli.parse of the second generation": (drives_told, {"Controllers": [{"Response Data": {"Drives List": [{
        "Drive Information": {"EID:Slt": "306:0", "State": "Conf", "Status": "Online", "Intf": "SAS", "Med": "HDD"},
        "Drive Detailed Information": {
            "Serial Number": "S", "Temperature(C)": 40, "WWN": "5000C500A1B2C3D4", "Raw size": "1 TiB [0x10 Sectors]",
            "Life Remaining(%)": "99", "LU/NS Properties": {"Media Error Count": 0, "Other Error Count": 0,
                                                            "Predictive Failure Count": 0}}}]}}]}),
    "storcli.parse_volumes of the second generation": (volumes_told, {"Controllers": [{"Response Data": {
        "Virtual Drives": [{"VD Info": {"TYPE": "RAID1", "State": "Optl"}, "PDs": [{"EID:Slt": "306:0"}],
                            "VD Properties": {"OS Drive Name": "/dev/sda", "Bad Block Exists": "No"}}]}}]}),
    "storcli_cards.judged": (lambda d: storcli_cards.judged(Controller("host0"), d), {
        "Status": {"Controller Status": "Optimal", "Memory Uncorrectable Errors": 0},
        "BBU_Info": [{"Model": "B", "State": "Optimal"}], "Energy Pack Info": [{"Type": "S", "Status": "Optimal"}]}),
    "smart.parse of an NVMe drive": (smart.parse, {"nvme_smart_health_information_log": {
        "critical_warning": 0, "media_errors": 0, "temperature": 30, "available_spare": 1, "percentage_used": 1,
        "available_spare_threshold": 1, "endurance_grp_critical_warning_summary": 1}}),
    "smart.parse of self-tests": (smart.parse, {
        "smart_status": {"passed": True, "scsi": {"ie_string": "X"}}, "scsi_grown_defect_list": 1,
        "smartctl": {"exit_status": 8, "output": ["Non-medium error count: 3"], "messages": [{"string": "X"}]},
        "scsi_self_test_0": {"result": {"value": 3, "string": "X"}}, "scsi_pending_defects": {"count": 1},
        "ata_smart_self_test_log": {"standard": {"table": [{"status": {"passed": False, "string": "X"}}]}},
        "scsi_error_counter_log": {"read": {"total_uncorrected_errors": 1}}}),
    "nvme.protected": (nvme.protected, {"vwc": 1}),
    "smart.parse": (smart.parse, {
        "smart_status": {"passed": True}, "power_on_time": {"hours": 1}, "scsi_grown_defect_list": 0,
        "endurance_used": {"current_percent": 1}, "temperature": {"current": 1}, "logical_block_size": 512,
        "ata_device_statistics": {"pages": [{"table": [{"name": "Percentage Used Endurance Indicator", "value": 1}]}]},
        "scsi_error_counter_log": {"write": {"gigabytes_processed": "1"}},
        "ata_smart_attributes": {"table": [{"name": n, "value": 1, "raw": {"value": 1}} for n in (
            "Reallocated_Sector_Ct", "Percent_Lifetime_Used", "Media_Wearout_Indicator", "Total_LBAs_Written",
            "Available_Reservd_Space")]}}),
    "lldp.parse": (lambda d: lldp.parse(json.dumps(d)), {"lldp": [{"interface": [
        {"name": "a", "via": "LLDP", "chassis": [{"id": [{"type": "mac", "value": "x"}], "name": [{"value": "s"}]}],
         "port": [{"id": [{"type": "ifname", "value": "p"}]}], "vlan": [{"vlan-id": "1", "pvid": True}]}]}]}),
}  # fmt: skip
CASES = sorted((_HERE / "cases").glob("*/*.json"))
_MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", _PARSERS)
def test_a_parser_takes_any_text(name: str) -> None:
    @_MANY
    @given(_TEXT)
    @example("9" * 400 + "K")
    def any_text(text: str) -> None:
        _PARSERS[name](text)

    any_text()


@_MANY
@given(st.integers(0, 10**12), st.sampled_from(["kB", "MB", "GB", "TB", "PB", "B", "x", ""]))
def test_a_size_of_the_table_is_a_size_or_none(number: int, unit: str) -> None:
    size = dmi.size(f"{number} {unit}")
    assert size is None or 0 <= size < 1 << 63


@pytest.mark.parametrize("name", _KEYS)
def test_a_parser_of_json_takes_any_value_under_each_key(name: str) -> None:
    parse, good = _KEYS[name]
    places = list(_places(good))

    @_MANY
    @given(st.sampled_from(places), _JSON)
    def any_value(place: tuple[Any, ...], value: Any) -> None:
        damaged = copy.deepcopy(good)
        inner = damaged
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value
        parse(damaged)

    any_value()


def _places(value: Any, above: tuple[Any, ...] = ()) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*above, key)
        yield from _places(inner, (*above, key))


@given(st.integers(min_value=0, max_value=2**64 - 1))
def test_a_register_is_locked_or_not(value: int) -> None:
    assert virtualization.from_register("GenuineIntel", value) in (True, False)


@_MANY
@given(st.sampled_from(CASES), st.randoms(use_true_random=False), _TEXT)
def test_a_whole_inventory_survives_one_damaged_answer(file: Path, random: Any, nonsense: str) -> None:
    case = json.loads(file.read_text())
    places = [(kind, key) for kind in ("files", "commands") for key in case.get(kind, {})]
    if places:
        kind, key = random.choice(places)
        good = case[kind][key]
        case[kind][key] = (
            nonsense if not isinstance(good, str) or random.random() < 0.5 else _cut(good, random, nonsense)
        )
    taken = collect(Host(_RECORDED.Recorded(case)), change_links=False, wait=False)
    assert decode(Inventory, json.loads(json.dumps(encode(taken)))) == taken
    assert all(abs(n) < 1 << 63 for n in _numbers(encode(taken))), "the codec takes no larger ones"


@pytest.mark.parametrize("nonsense", ["", ":", "²", "-1", "9" * 400, "9" * 19, "9" * 18, "0x" * 9])
def test_a_whole_inventory_survives_each_damaged_answer(nonsense: str) -> None:
    """Every recorded file and command in turn, where nobody waits for the interpreter."""
    for file in CASES:
        case = json.loads(file.read_text())
        for kind in ("files", "commands"):
            for key in list(case.get(kind, {}))[:40]:
                damaged = {**case, kind: {**case[kind], key: nonsense}}
                taken = collect(Host(_RECORDED.Recorded(damaged)), change_links=False, wait=False)
                assert all(abs(n) < 1 << 63 for n in _numbers(encode(taken)))


def _numbers(value: Any) -> Any:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, int):
        yield value
    for v in inner:
        yield from _numbers(v)


def _cut(text: str, random: Any, nonsense: str) -> str:
    start = random.randrange(len(text) + 1)
    return text[:start] + nonsense + text[random.randrange(start, len(text) + 1) :]
