"""Bytes from strangers: whatever they hold, a parser gives its value or an error of the room, soon and small."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metalctl.bmc.discovery import neighbours, ssdp
from metalctl.bmc.discovery.fingerprint import told
from metalctl.bmc.errors import BmcError
from metalctl.bmc.ipmi import fru, rmcp, sdr, sel, walk
from metalctl.bmc.ipmi.errors import CompletionCode
from metalctl.bmc.ipmi.inventory import Collector
from metalctl.bmc.ipmi.ipmitool import split_sdr
from tests.unit.bmc import ipmi_bytes as made

pytestmark = pytest.mark.slow
# No deadline for an example: a machine may be slow. What never ends is ended by the test's own time.
EXAMPLES = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def damaged(good: bytes) -> st.SearchStrategy[bytes]:
    """Some bytes of a good one changed, and its end cut off or grown: it comes further in than noise does."""
    change = st.tuples(st.integers(0, max(0, len(good) - 1)), st.integers(0, 255))

    def apply(how: tuple[list[tuple[int, int]], int, bytes]) -> bytes:
        data = bytearray(good)
        for at, value in how[0]:
            data[at] = value
        return bytes(data[: len(data) - how[1]]) + how[2]

    return st.tuples(st.lists(change, max_size=8), st.integers(0, len(good)), st.binary(max_size=16)).map(apply)


@EXAMPLES
@given(st.one_of(st.binary(max_size=600), damaged(made.SYSTEM)))
def test_fru_inventories(data: bytes) -> None:
    assert len(data) < 2000
    assert 8 <= fru.extent(data) <= 255 * 8 + 255 * 8
    try:
        found = fru.parse(data)
    except BmcError:
        return
    told_text = [*found.chassis.values(), *found.board.values(), *found.product.values(), *found.extra.values()]
    assert all(len(t) <= 2 * 64 and t.isprintable() for t in told_text)
    assert len(told_text) <= 3 * 64


SENSORS = st.builds(
    made.full,
    number=st.integers(0, 255),
    name=st.just("S"),
    sort=st.integers(1, 4),
    unit=st.sampled_from([0, 1, 2, 3, 4, 5, 6, 18, 99]),
    m=st.integers(-512, 511),
    b=st.integers(-512, 511),
    exponents=st.tuples(st.integers(-8, 7), st.integers(-8, 7)),
    limits=st.tuples(*[st.integers(0, 255)] * 6),
    readable=st.integers(0, 63),
    form=st.integers(0, 3),
    percent=st.booleans(),
    linear=st.integers(0, 16) | st.just(0x70),
)


@EXAMPLES
@given(st.one_of(st.binary(max_size=300), SENSORS, *map(damaged, made.RECORDS)), st.none() | st.binary(max_size=6))
def test_sensor_data_records_and_readings(data: bytes, answer: bytes | None) -> None:
    record = sdr.parse(data)
    if isinstance(record, sdr.Record):
        found = sdr.sensor(record, answer)
        assert found is None or found.value is None or found.value == found.value, "never NaN"
        sdr.power_supply(record, answer)
    assert sum(map(len, split_sdr(data))) <= len(data)


@EXAMPLES
@given(st.binary(max_size=20))
def test_event_records(data: bytes) -> None:
    found = sel.parse(data)
    assert (found is None) == (len(data) < sel.SIZE)


PONG = bytes.fromhex("0600ff06000011be40000010000011be0000000081000000000000")
CAPABILITIES = bytes.fromhex("0600ff0700000000000000000010811c6320043800018004020000000000")


@EXAMPLES
@given(SENSORS, st.integers(0, 255))
def test_sensors_of_every_form_have_a_number_or_none(data: bytes, raw: int) -> None:
    record = sdr.parse(data)
    assert isinstance(record, sdr.Record)
    value = sdr.convert(record, raw)
    assert value is None or math.isfinite(value)
    found = sdr.sensor(record, bytes([raw, 0xC0, 0]))
    assert found is None or found.value == value


@EXAMPLES
@given(st.one_of(st.binary(max_size=100), *map(damaged, (CAPABILITIES, PONG, rmcp.AUTH_CAPABILITIES))))
def test_rmcp_datagrams(data: bytes) -> None:
    found = rmcp.parse(data)
    assert found is None or found.version in ("", "1.5", "2.0")


ANNOUNCED = (
    b"HTTP/1.1 200 OK\r\nST: urn:dmtf-org:service:redfish-rest:1\r\nUSN: uuid:x\r\nAL: https://10.0.0.7/\r\n\r\n"
)


@EXAMPLES
@given(st.one_of(st.binary(max_size=6000), damaged(ANNOUNCED), st.text(max_size=80).map(
    lambda url: ANNOUNCED.replace(b"https://10.0.0.7/", url.encode("utf-8", "replace")))))  # fmt: skip
def test_ssdp_responses(data: bytes) -> None:
    found = ssdp.parse(data, "10.0.0.7")
    assert found is None or found.endpoint is None or found.endpoint.address == "10.0.0.7", "never another host"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["Oem", "UUID", "ServiceTag", "ManagerMACAddress", "x"]), inner, max_size=4)
    ),
    max_leaves=30,
)


@EXAMPLES
@given(st.dictionaries(st.sampled_from(["Oem", "UUID", "x"]), JSON))
def test_service_roots(root: dict[str, object]) -> None:
    found = told(root)
    assert all(isinstance(t, str) for t in (found.serial, found.uuid, found.mac))


@EXAMPLES
@given(st.text(max_size=300))
def test_what_other_programs_print(text: str) -> None:
    neighbours.parse(text)


@EXAMPLES
@given(st.data())
def test_a_bmc_that_answers_anything_ends_every_walk(data: st.DataObject) -> None:
    asked = 0

    def raw(netfn: int, command: int, request: bytes = b"") -> bytes:
        nonlocal asked
        asked += 1
        if asked > 60:  # from here on it always says the same, as a broken one does
            return bytes(20)
        if data.draw(st.booleans()):
            raise CompletionCode(data.draw(st.sampled_from([0xC1, 0xC5, 0xC7, 0xC9, 0xCA, 0xCB, 0xC0, 0xFF, 0])))
        return data.draw(st.binary(max_size=40))

    for work in (lambda: walk.read_fru(raw, 0), lambda: walk.read_sdr(raw, []), lambda: walk.read_sel(raw, 100, [])):
        try:
            work()
        except CompletionCode:
            continue
    assert asked < 10_000


@EXAMPLES
@given(st.data())
def test_a_worker_that_answers_anything_never_breaks_the_inventory(data: st.DataObject) -> None:
    whole = st.one_of(st.binary(max_size=80), SENSORS, damaged(made.SYSTEM), damaged(made.RECORDS[3]))
    text = whole.map(bytes.hex) | st.text(max_size=6)

    def ask(do: str, **arguments: object) -> object:
        match do:
            case "fru" | "guid":
                return data.draw(text)
            case "readings":
                numbers = arguments["numbers"]
                assert isinstance(numbers, list)
                return [data.draw(st.none() | text | st.integers(0, 255)) for _ in numbers]
            case "sdr" | "sel":
                lost = st.fixed_dictionaries({"why": text, "kind": st.none() | st.integers(0, 255)})
                return {"records": data.draw(st.lists(text, max_size=4)), "lost": data.draw(st.lists(lost, max_size=2))}
            case "clock":
                return data.draw(st.integers(0, 2**32 - 1))
        return {}

    reader = Collector(ask)
    reader.identity()
    records, parts = reader.records()
    _, watched = reader.sensors(records)
    reader.supplies(watched, parts)
    reader.log(records)
    reader.manager(0)
