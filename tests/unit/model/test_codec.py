"""The codec: the compiled decoder takes exactly what a slow walk (walk.py) takes, and says why not as that does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metalctl.model.codec import DecodeError, decode, encode
from metalctl.model.identity import Identity
from metalctl.model.inventory import Cpu, Dimm, Disk, Inventory, Memory, Nic, Unreadable
from tests.unit.model.walk import walked


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    size: int | None = None
    speed: float | None = None
    colour: Colour = Colour.RED
    good: bool = True
    limits: dict[str, float | str | bool] = field(default_factory=dict)
    pair: tuple[int, str] = (0, "")
    parts: tuple[Part2, ...] = ()
    anything: Any = None
    one_of: Literal["x", 1] = "x"


@dataclass(frozen=True, slots=True)
class Part2:
    slot: str
    width: int = 0


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(2**63 - 1, 2**65) | st.floats()
    | st.sampled_from(["", "red", "x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["slot", "width", "name", "zzz"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
PARTS = st.fixed_dictionaries(
    {"name": st.just("n") | VALUES},
    optional={
        "size": st.none() | st.integers() | VALUES,
        "speed": st.none() | st.integers() | st.floats() | VALUES,
        "colour": st.just("red") | VALUES,
        "good": st.booleans() | VALUES,
        "limits": st.dictionaries(st.text(max_size=2), VALUES, max_size=2) | VALUES,
        "pair": st.just([1, "x"]) | VALUES,
        "parts": st.lists(st.fixed_dictionaries({"slot": st.just("A1")}, optional={"width": VALUES}), max_size=2)
        | VALUES,
        "anything": VALUES,
        "one_of": st.sampled_from(["x", 1, True, "y"]) | VALUES,
        "unknown": VALUES,
    },
)  # fmt: skip


def outcome(decoder: Any, data: Any) -> str:
    # repr, because a NaN is not equal to itself.
    try:
        return repr(decoder(data))
    except DecodeError as error:
        return f"{error.message} {error.hint}"


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(PARTS | VALUES)
def test_compiled_and_walked_agree_on_every_value_and_every_message(data: Any) -> None:
    assert outcome(lambda d: decode(Part, d), data) == outcome(lambda d: walked(Part, d, "Part"), data)


WHOLE = encode(Part("n", 1, 1.0, parts=(Part2("A1", 4),)))


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), VALUES, max_size=4))
def test_both_agree_on_values_that_have_every_field_in_order(changes: dict[str, Any]) -> None:
    """The way of the compiled decoder that looks at the classes of all values at once."""
    data = {**WHOLE, **changes}
    assert outcome(lambda d: decode(Part, d), data) == outcome(lambda d: walked(Part, d, "Part"), data)


def test_a_number_beyond_64_bits_is_refused_in_a_whole_value_too() -> None:
    with pytest.raises(DecodeError, match=r"Part\.size: expected a number of at most 64 bits"):
        decode(Part, {**WHOLE, "size": 2**63})
    assert decode(Part, {**WHOLE, "size": 2**63 - 1}).size == 2**63 - 1


INVENTORY = Inventory(
    "in-band",
    Identity("S1", macs=("aa",), extra={"sku": "x"}),
    cpu=Cpu("EPYC", cores=64, microcode=("0x1",), base_mhz=2450.0),
    memory=Memory(2**39, (Dimm("A1", 2**35, "DDR5", rank=2), Dimm("A2", 0)), True),
    disks=(Disk("sda", "ssd", 480, False, "S"),),
    nics=(Nic("eth0", "aa", 25 * 10**9, supported=(1, 2)),),
    unreadable=(Unreadable("cpu", "why"),),
    settings={"a": "b"},
)


def test_an_inventory_survives_the_way_through_json() -> None:
    assert decode(Inventory, json.loads(json.dumps(encode(INVENTORY)))) == INVENTORY


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"memory": {"dimms": [{"slot": "A1", "size": "32"}]}}, "Inventory.memory.dimms[0].size: expected int"),
        ({"memory": {"dimms": [{"slot": "A1"}]}}, "Inventory.memory.dimms[0]: field 'size' is missing"),
        ({"cpu": {"corse": 3}}, "Inventory.cpu: unknown field 'corse'"),
        ({"cpu": {"cores": True}}, "Inventory.cpu.cores: expected int, got 'True'"),
        ({"cpu": {"cores": 10**400}}, "Inventory.cpu.cores: expected a number of at most 64 bits, got '0x"),
        ({"cpu": {"base_mhz": 10**400}}, "Inventory.cpu.base_mhz: expected a number of at most 64 bits"),
        ({"disks": {}}, "Inventory.disks: expected a list"),
        ({"source": None}, "Inventory.source: expected str, got 'None'"),
    ],
)  # fmt: skip
def test_a_mismatch_names_its_path(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DecodeError) as wrong:
        decode(Inventory, {**encode(INVENTORY), **change})
    assert wrong.value.message.startswith(message)


@pytest.mark.parametrize("value", ["y", True, None, ["x"], 1.0])
def test_what_is_none_of_the_values_that_are_allowed_is_refused(value: Any) -> None:
    assert decode(Part, {"name": "n", "one_of": 1}).one_of == 1
    with pytest.raises(DecodeError, match=r"Part\.one_of: expected x or 1, got"):
        decode(Part, {"name": "n", "one_of": value})
