"""The walks that fetch FRU, SDR and SEL bytes, from a BMC that may answer anything."""

from __future__ import annotations

import pytest

from metalctl.bmc.errors import BadAnswer, Unsupported
from metalctl.bmc.ipmi import fru, walk
from metalctl.bmc.ipmi.errors import CompletionCode
from metalctl.bmc.ipmi.inventory import Collector
from metalctl.bmc.ipmi.ipmitool import split_sdr
from tests.unit.bmc import ipmi_bytes as made
from tests.unit.bmc.ipmi_bytes import event


class Sim:
    """A BMC's storage, answering raw requests. most: bytes that one answer may carry."""

    def __init__(self, most: int = 255) -> None:
        self.records = made.RECORDS
        self.frus = {0: made.SYSTEM, 1: made.SUPPLY}
        self.log = [event(0x0C, 0x6F, bytes([0xA1, 0xFF, n])) for n in range(5)]
        self.most = most
        self.lost = 0
        self.loop = False
        self.asked = 0

    def raw(self, netfn: int, command: int, data: bytes = b"") -> bytes:
        self.asked += 1
        match netfn, command:
            case 0x0A, 0x10 if data[0] in self.frus:
                return len(self.frus[data[0]]).to_bytes(2, "little") + b"\0"
            case 0x0A, 0x11:
                return self._cut(self.frus[data[0]][data[1] | data[2] << 8 :][: data[3]], data[3])
            case 0x0A, 0x22:
                return b"\x07\0"
            case 0x0A, 0x23:
                return self._record(data)
            case 0x0A, 0x40:
                return b"\x51" + len(self.log).to_bytes(2, "little") + bytes(11)
            case 0x0A, 0x43:
                at = int.from_bytes(data[2:4], "little")
                at = len(self.log) - 1 if at == 0xFFFF else max(0, at - 1)
                following = at + 2 if at + 1 < len(self.log) else 0xFFFF
                return following.to_bytes(2, "little") + (at + 1).to_bytes(2, "little") + self.log[at][2:]
        raise CompletionCode(0xC1)

    def _record(self, data: bytes) -> bytes:
        if self.lost:
            self.lost -= 1
            raise CompletionCode(walk.RESERVATION_LOST)
        number, at, count = data[2], data[4], data[5]
        following = 0 if self.loop else number + 1 if number + 1 < len(self.records) else 0xFFFF
        if count == 0xFF:
            count = len(self.records[number])
        return following.to_bytes(2, "little") + self._cut(self.records[number][at : at + count], count)

    def _cut(self, data: bytes, count: int) -> bytes:
        if count > self.most:
            raise CompletionCode(0xCA)
        return data


class FruSim(Sim):
    """The same for FRU data, whose answers begin with their length."""

    def raw(self, netfn: int, command: int, data: bytes = b"") -> bytes:
        found = super().raw(netfn, command, data)
        return bytes([len(found)]) + found if command == 0x11 else found


@pytest.mark.parametrize("most", [255, 32, 16, 8, 5])
def test_a_fru_inventory_is_read_whatever_an_answer_may_carry(most: int) -> None:
    assert fru.parse(walk.read_fru(FruSim(most).raw, 0)) == fru.parse(made.SYSTEM)


@pytest.mark.parametrize("most", [255, 32, 16, 8])
def test_sensor_data_records_are_read_whole_or_in_parts(most: int) -> None:
    assert walk.read_sdr(Sim(most).raw) == made.RECORDS


def test_a_reservation_that_is_lost_is_taken_again_but_not_for_ever() -> None:
    sim = Sim()
    sim.lost = 3
    assert walk.read_sdr(sim.raw) == made.RECORDS
    sim.lost = 10**9
    with pytest.raises(CompletionCode):
        walk.read_sdr(sim.raw)
    assert sim.asked < 50


def test_records_that_lead_back_to_themselves_are_an_error() -> None:
    sim = Sim()
    sim.loop = True
    with pytest.raises(CompletionCode, match="leads back"):
        walk.read_sdr(sim.raw)


def test_only_the_newest_entries_of_a_long_log_are_fetched() -> None:
    sim = Sim()
    sim.log = [event(1, 1, bytes([n % 250, 0, 0])) for n in range(900)]
    found = walk.read_sel(sim.raw, 10)
    assert [r[13] for r in found] == [n % 250 for n in range(890, 900)]
    assert sim.asked < 20
    assert len(walk.read_sel(sim.raw, 1000)) == 900


def test_a_dump_of_records_is_split_and_its_broken_end_left_out() -> None:
    assert split_sdr(b"".join(made.RECORDS)) == made.RECORDS
    assert split_sdr(b"".join(made.RECORDS)[:-3]) == made.RECORDS[:-1]


READINGS = {1: "2ac00000", 2: "3cc00000", 3: "c0c00000", 4: "00c00100"}


def ask(do: str, **arguments: object) -> object:
    """The requests of a machine with three sensors and one supply."""
    match do:
        case "fru":
            return {0: made.SYSTEM, 1: made.SUPPLY}[arguments["fru_id"]].hex()  # type: ignore[index]
        case "sdr":
            records = [r.hex() for r in (*made.RECORDS, made.full(9, "Far", 1, 1, 1, owner=0x72))]
            return {"records": records, "lost": []}
        case "readings":
            return [READINGS[n] for n in arguments["numbers"]]  # type: ignore[attr-defined]
        case "sel":
            return {"records": [event(0x0C, 0x6F, b"\xa1\xff\x03", number=2).hex()], "lost": []}
        case "lan":
            return {"address": "10.0.0.5", "mac": "b0:7b:25:d6:51:82"}
        case "clock":
            return 1_000_060
        case "guid":
            raise BadAnswer("garbage")
    raise Unsupported(do)


def test_what_is_read_is_in_the_model_with_its_source_and_what_broke_is_listed() -> None:
    reader = Collector(ask)
    identity = reader.identity()
    assert (identity.serial, identity.chassis_serial, identity.uuid) == ("SYS-SN7", "CH-SN7", "")
    records, parts = reader.records()
    sensors, watched = reader.sensors(records)
    assert [(s.name, s.value) for s in sensors] == [("CPU1 Temp", 42.0), ("FAN1", 6000.0), ("P12V", 12.096)]
    (supply,) = reader.supplies(watched, parts)
    assert (supply.slot, supply.present, supply.health, supply.serial) == ("PSU1 Status", True, "ok", "PSU-SN7")
    (entry,) = reader.log(records)
    assert (entry.sensor, entry.severity) == ("FAN1", "critical")
    manager = reader.manager(1_000_000)
    assert (manager.address, manager.mac, manager.clock_offset) == ("10.0.0.5", "b0:7b:25:d6:51:82", 60)
    assert {u.fact: u.reason for u in reader.broken} == {
        "identity.uuid": "garbage",
        "sensors": "1 behind another controller: Far",
    }
    assert reader.sources["sensors"] == "ipmi SDR"
    assert reader.sources["manager.address"].startswith("ipmi")
    assert "identity.uuid" not in reader.sources
    assert reader.device() == {}, "what a BMC does not know is not stated"
