"""What an IPMI BMC refuses: less is asked for, or the same again; what stays refused costs itself, and is told."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metalctl.bmc.ipmi.errors import CompletionCode
from metalctl.bmc.ipmi.inventory import Collector
from tests.unit.bmc.ipmi_storage import FRU, READING, SDR, SEL, Rule, Storage, for_now, record, too_long

less = pytest.mark.truth("A10", "an amount that a BMC does not give in one answer is asked for in smaller ones")
again = pytest.mark.truth("A10", "what a BMC refuses for the moment is asked again, a bounded number of times")
told = pytest.mark.truth("A10", "a record or FRU that a BMC refuses costs itself alone, and is told")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


class Notes(dict[str, str]):
    """Fact → why it was unreadable; "" for one that was read."""

    def __missing__(self, fact: str) -> str:
        return ""


def read(bmc: Storage) -> dict[str, Any]:
    """What an inventory is made of, and what was unreadable in it."""
    reader = Collector(bmc.ask)
    identity = reader.identity()
    records, parts = reader.records()
    sensors, watched = reader.sensors(records)
    supplies = reader.supplies(watched, parts)
    log = reader.log(records)
    return {
        "serial": identity.serial,
        "uuid": identity.uuid,
        "sensors": {s.name: s.value for s in sensors},
        "supplies": [(p.slot, p.present, p.serial) for p in supplies],
        "log": [entry.message[-1] for entry in log],
        "broken": Notes({u.fact: u.reason for u in reader.broken}),
    }


WHOLE = read(Storage())


def test_the_machine_is_read_whole_where_nothing_is_refused() -> None:
    assert (WHOLE["serial"], WHOLE["broken"]) == ("SYS-SN7", {})
    assert WHOLE["sensors"] == {"CPU1 Temp": 42.0, "FAN1": 6000.0, "P12V": 12.096}
    assert WHOLE["supplies"] == [("PSU1 Status", True, "PSU-SN7")]
    assert WHOLE["log"] == ["0", "1", "2", "3", "4"]


@less
@pytest.mark.parametrize(
    ("code", "most"), [(0xC9, 24), (0xC9, 16), (0xC9, 5), (0xC9, 1), (0xCA, 3), (0xCA, 1), (0xC8, 1), (0xFF, 2)]
)
def test_an_answer_that_is_too_long_is_asked_for_in_pieces(code: int, most: int) -> None:
    assert read(Storage([too_long(most, code)])) == WHOLE


@pytest.mark.parametrize("code", [0xCA, 0xC7, 0xC8], ids="{:x}h".format)
def test_what_was_read_in_pieces_before_is_so_still(code: int) -> None:
    assert read(Storage([too_long(8, code)])) == WHOLE


@again
@pytest.mark.parametrize("code", [0x81, 0xC0, 0xC3, 0xD0, 0xD2], ids="{:x}h".format)
@pytest.mark.parametrize("what", [FRU, SDR, SEL], ids=["fru", "sdr", "sel"])
def test_what_is_refused_for_the_moment_is_asked_again(what: tuple[int, int], code: int) -> None:
    assert read(Storage([for_now(code, 3, what)])) == WHOLE


@again
@pytest.mark.parametrize("code", [0xC0, 0xC3], ids="{:x}h".format)
def test_every_request_may_be_refused_for_the_moment(code: int) -> None:
    assert read(Storage([for_now(code, 2), too_long(16, 0xCA)])) == WHOLE


def test_81h_of_another_command_is_not_for_the_moment() -> None:
    bmc = Storage([for_now(0x81, 1, (0x06, 0x37))])
    assert "81h" in read(bmc)["broken"]["identity.uuid"]


def test_what_is_refused_for_ever_ends_and_is_told() -> None:
    bmc = Storage([lambda what, data: 0xC0])
    found = read(bmc)
    assert {"identity.serial", "identity.uuid", "sensors", "power_supplies", "log"} <= found["broken"].keys()
    assert "c0h" in found["broken"]["identity.serial"]
    assert bmc.asked < 60


def test_a_reservation_that_is_lost_in_the_middle_of_a_record_is_taken_again() -> None:
    taken: list[bytes] = []

    def rule(what: tuple[int, int], data: bytes) -> int:
        if what == SDR and data[4] > 20 and len(taken) < 4:
            taken.append(data)
            return 0xC5
        return 0

    assert read(Storage([too_long(16, 0xCA), rule])) == WHOLE
    assert len(taken) == 4


@told
@pytest.mark.parametrize("code", [0xC9, 0xCE, 0xCB, 0xCC, 0xD5, 0xFF], ids="{:x}h".format)
@pytest.mark.parametrize("whole", [False, True], ids=["its head is told", "its head is refused too"])
def test_a_sensor_record_that_is_refused_costs_that_sensor(code: int, whole: bool) -> None:
    found = read(Storage([record(2, code, whole)]))
    assert found["sensors"] == {"CPU1 Temp": 42.0, "P12V": 12.096}
    assert (found["supplies"], found["serial"]) == (WHOLE["supplies"], "SYS-SN7")
    assert "0002h" in found["broken"]["sensors"]
    assert f"{code:02x}h" in found["broken"]["sensors"]
    assert "power_supplies" in found["broken"], "it may have been a supply's"


@told
def test_a_repository_that_tells_fewer_records_than_it_states_is_not_read_whole() -> None:
    found = read(Storage(stated=9))
    assert "5 of the 9 records" in found["broken"]["sensors"]


@told
@pytest.mark.parametrize("code", [0xC9, 0xD5, 0xC0], ids="{:x}h".format)
def test_a_fru_that_is_there_and_refuses_is_told_with_its_number(code: int) -> None:
    system = read(Storage([lambda what, data: code if what == FRU and data[0] == 0 else 0]))
    assert (system["serial"], system["supplies"]) == ("", WHOLE["supplies"])
    assert "FRU 0" in system["broken"]["identity.serial"]
    supply = read(Storage([lambda what, data: code if what == FRU and data[0] == 1 else 0]))
    assert (supply["serial"], supply["supplies"]) == ("SYS-SN7", [("PSU1 Status", True, "")])
    assert "FRU 1" in supply["broken"]["power_supplies.PSU1 FRU"]


@told
def test_a_fru_that_ends_before_its_serial_is_told() -> None:
    bmc = Storage()
    bmc.raw = cut_off(bmc.raw)  # type: ignore[method-assign]
    assert "cut off" in read(bmc)["broken"]["identity.serial"]


def cut_off(raw: Any) -> Any:
    def shorter(netfn: int, command: int, data: bytes = b"") -> bytes:
        return b"\0" if (netfn, command) == FRU and data[1] >= 80 else raw(netfn, command, data)

    return shorter


@told
def test_an_event_that_is_refused_costs_that_event() -> None:
    bmc = Storage([lambda what, data: 0xFF if what == SEL and data[2] == 3 else 0])
    found = read(bmc)
    assert found["log"] == ["0", "1", "3", "4"]
    assert "0003h" in found["broken"]["log"]


@told
def test_a_sensor_whose_reading_is_refused_is_told() -> None:
    found = read(Storage([lambda what, data: 0xC3 if what == READING and data[0] == 2 else 0]))
    assert found["sensors"]["FAN1"] is None
    assert "c3h" in found["broken"]["sensors.FAN1"]


CODES = st.sampled_from([0x81, 0xC0, 0xC3, 0xC5, 0xC7, 0xC9, 0xCA, 0xCB, 0xCC, 0xCE, 0xD0, 0xD5, 0xFF, 0])


@settings(max_examples=200, deadline=None)
@given(st.lists(CODES, max_size=120), st.integers(0, 40), st.sampled_from([0xC9, 0xCA]))
def test_whatever_is_refused_nothing_is_lost_in_silence(codes: list[int], most: int, code: int) -> None:
    """Codes are given out request by request, to storage commands alone; the rest is answered."""
    left = list(codes)
    rules: list[Rule] = [lambda what, data: left.pop() if left and what[0] == 0x0A else 0]
    bmc = Storage([*rules, *([too_long(most, code)] if most else [])])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", lambda seconds: None)
        found = read(bmc)
    assert bmc.asked < 5000
    for fact, part in (
        ("identity.serial", "serial"),
        ("log", "log"),
        ("sensors", "sensors"),
        ("power_supplies", "supplies"),
    ):
        lacks = found[part] != WHOLE[part]
        noted = any(one == fact or one.startswith(f"{fact}.") for one in found["broken"])
        assert not lacks or noted or unknown_to_it(codes), (fact, found[part], found["broken"])


def unknown_to_it(codes: list[int]) -> bool:
    """Whether the BMC may have said at the first request that it has no such thing at all."""
    return bool({0xCB, 0xCC, 0xD5} & set(codes))


def test_a_command_that_was_not_begun_is_given_again_and_one_that_timed_out_is_not() -> None:
    control = (0x00, 0x02)
    given: list[bytes] = []

    class Chassis(Storage):
        def raw(self, netfn: int, command: int, data: bytes = b"") -> bytes:
            given.append(data) if (netfn, command) == control else None
            if (netfn, command) == control and len(given) <= 2:
                raise CompletionCode(code)
            return b""

    for code, sent in ((0xC0, 3), (0xC3, 1)):
        given.clear()
        try:
            Chassis().set_power("reset")
        except CompletionCode:
            assert code == 0xC3
        assert len(given) == sent


@again
def test_an_event_that_comes_while_the_log_is_cleared_costs_a_new_reservation() -> None:
    reservations: list[int] = []

    class Log(Storage):
        def raw(self, netfn: int, command: int, data: bytes = b"") -> bytes:
            if (netfn, command) == (0x0A, 0x42):
                reservations.append(len(reservations) + 1)
                return reservations[-1].to_bytes(2, "little")
            if (netfn, command) == (0x0A, 0x47) and data[0] < 3:
                raise CompletionCode(0xC5)
            return b""

    Log().clear_sel()
    assert reservations == [1, 2, 3]
