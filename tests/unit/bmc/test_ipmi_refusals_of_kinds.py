"""More of what an IPMI BMC refuses or states wrongly: events, the end of an inventory area, the fallback's readings."""

from __future__ import annotations

import time
from typing import Any

import pytest

from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.ipmi.errors import CompletionCode
from metalctl.bmc.ipmi.ipmitool import Ipmitool
from tests.unit.bmc import ipmi_bytes as made
from tests.unit.bmc.ipmi_storage import FRU, SEL, Storage
from tests.unit.bmc.test_ipmi_refusals import WHOLE, read

events = pytest.mark.truth(
    "A10", "an event that the BMC does not give in one answer, or without a reservation, is read"
)
areas = pytest.mark.truth("A10", "half a serial of a FRU area that is cut short is none, and that is told")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


class Log(Storage):
    """Its event log wants a reservation (`strict`), gives it up (`spoilt` times), and answers `most` bytes at once."""

    def __init__(self, most: int = 0xFF, code: int = 0xCA, strict: bool = False, spoilt: int = 0) -> None:
        super().__init__()
        self.most, self.code, self.strict, self.spoilt, self.reserved = most, code, strict, spoilt, 0

    def raw(self, netfn: int, command: int, data: bytes = b"") -> bytes:
        if (netfn, command) == (0x0A, 0x42):
            self.reserved += 1
            return self.reserved.to_bytes(2, "little")
        if (netfn, command) == SEL:
            known = int.from_bytes(data[:2], "little") == self.reserved
            if (not known and (self.strict or data[4])) or self._spoils(data):
                raise CompletionCode(0xC5)
            if data[5] > self.most:
                raise CompletionCode(self.code)
            whole = super().raw(netfn, command, data)
            return whole[:2] + whole[2:][data[4] :][: data[5]]
        return super().raw(netfn, command, data)

    def _spoils(self, data: bytes) -> bool:
        if data[2] == 3 and self.spoilt:
            self.spoilt -= 1
            self.reserved += 1
            return True
        return False


@events
@pytest.mark.parametrize("code", [0xC7, 0xC9, 0xCA, 0xCE, 0xFF], ids="{:x}h".format)
@pytest.mark.parametrize("most", [16, 8, 5])
def test_an_event_that_is_too_long_for_one_answer_is_asked_for_in_pieces(code: int, most: int) -> None:
    assert read(Log(most, code)) == WHOLE


@events
@pytest.mark.parametrize("most", [0xFF, 7])
def test_a_log_that_wants_a_reservation_gets_one_and_a_new_one(most: int) -> None:
    bmc = Log(most, strict=True, spoilt=2)
    assert read(bmc) == WHOLE
    assert bmc.reserved >= 3


def test_a_log_that_gives_no_reservation_for_good_ends_and_is_told() -> None:
    bmc = Storage([lambda what, data: 0xC5 if what == SEL else 0])
    found = read(bmc)
    assert (found["log"], bmc.asked < 500) == ([], True)
    assert "log" in found["broken"]


def short(product: int) -> bytes:
    """The system's inventory, whose last area states so many bytes, its checksum being right or not."""
    data = bytearray(made.SYSTEM)
    data[data[4] * 8 + 1] = product // 8
    return bytes(data)


@areas
@pytest.mark.parametrize("size", [8, 16, 24])
def test_an_area_that_states_less_than_it_holds_hides_no_serial_in_silence(size: int) -> None:
    bmc = Storage()
    bmc.frus[0] = short(size)
    found = read(bmc)
    assert found["serial"] == ""
    assert "product area" in found["broken"]["identity.serial"]


@areas
def test_half_a_serial_is_none() -> None:
    whole = made.fru(product=["Acme", "Box", "PN", "v2", "S" * 30])
    bmc = Storage()
    bmc.frus[0] = whole[:8] + bytes([whole[8], 4]) + whole[10:]
    found = read(bmc)
    assert found["serial"] == ""
    assert "product area is cut off" in found["broken"]["identity.serial"]


@areas
def test_a_supply_s_inventory_that_is_cut_off_is_told() -> None:
    bmc = Storage()
    bmc.frus[1] = made.SUPPLY[:10]
    found = read(bmc)
    assert "FRU 1" in found["broken"]["power_supplies.PSU1 FRU"]


@pytest.mark.parametrize("area", [2, 3], ids=["chassis", "board"])
@pytest.mark.parametrize("size", [0, 0x40, 0xFF])
def test_an_area_that_states_more_than_there_is_costs_nothing_of_the_others(area: int, size: int) -> None:
    data = bytearray(made.SYSTEM)
    data[data[area] * 8 + 1] = size
    bmc = Storage()
    bmc.frus[0] = bytes(data)
    found = read(bmc)
    assert found["serial"] == WHOLE["serial"]
    assert "cut off" in found["broken"]["identity.fru"]


@pytest.mark.truth("A10", "what a FRU gave before it refused is used, and what is missing is told")
@pytest.mark.parametrize("code", [0xC9, 0xCA, 0xCC, 0xFF], ids="{:x}h".format)
def test_what_a_fru_gave_before_it_refused_is_used(code: int) -> None:
    """The product area comes first here, the board's states more than the storage has."""
    product = made.fru(product=["Acme", "Box", "PN", "v1", "SYS-SN9"])[8:]
    board = made.fru(board=["Acme", "Board", "SN"])[8:]
    head = [1, 0, 0, 1 + len(product) // 8, 1, 0, 0]
    data = bytes([*head, -sum(head) & 0xFF]) + product + bytes([board[0], 0xFF]) + board[2:]
    bmc = Storage([lambda what, d: code if what == FRU and d[0] == 0 and d[1] + d[2] * 256 + d[3] > len(data) else 0])
    bmc.frus[0] = data + bytes(1000)
    found = read(bmc)
    assert found["serial"] == "SYS-SN9"
    assert "board area is cut off" in found["broken"]["identity.fru"]


@pytest.mark.truth("A10", "a sensor that the fallback tool is refused is told with its code")
def test_a_reading_that_the_fallback_is_refused_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = Ipmitool(Endpoint("192.0.2.1"), "192.0.2.1", Credential("u", "p"), 5.0)

    def run(*command: str) -> Any:
        if command[0] == "exec" or command[3] == "0x05":
            raise CompletionCode(0xCE if command[-1] == "0x05" else 0)
        return "2a c0 00 00"

    monkeypatch.setattr(tool, "_run", run)
    assert tool.readings([1, 5]) == ["2ac00000", 0xCE]
