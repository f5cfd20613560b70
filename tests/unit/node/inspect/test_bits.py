"""Bits of registers and logs whose rarer meanings no recorded machine has."""

from __future__ import annotations

import pytest

from metalctl.node.inspect import ethtool
from metalctl.node.inspect.nvme import namespace_of
from metalctl.node.inspect.virtualization import from_register


def test_a_register_that_is_not_locked_locks_nothing_off() -> None:
    assert not from_register("GenuineIntel", 0)
    assert from_register("GenuineIntel", 1)


def test_a_namespace_may_use_a_format_beyond_the_sixteenth() -> None:
    found = namespace_of(1, {"nsze": 10, "flbas": 0x21, "lbafs": [{"ds": 9}] * 17 + [{"ds": 12}]})
    assert found is not None
    assert (found.logical_block, found.size) == (4096, 40960)


def settings(*bits: int, words: int) -> str:
    """The hex of a struct ethtool_link_settings that supports these modes, with masks of so many words."""
    head = bytearray(48)
    head[15] = words
    mask = sum(1 << b for b in bits).to_bytes(4 * words, "little")
    return (bytes(head) + mask * 3).hex()


@pytest.mark.truth("B9", "a link mode that the table does not know is no speed that the port lacks")
@pytest.mark.parametrize(
    ("bit", "gigabits", "words"),
    [(103, 200, 4), (108, 200, 4), (110, 400, 4), (114, 400, 5), (120, 800, 4), (123, 1600, 4), (125, 25, 9)],
)  # fmt: skip
def test_the_newer_lanes_are_speeds(bit: int, gigabits: int, words: int) -> None:
    assert ethtool.speeds(settings(bit, 13, words=words)) == (gigabits * 10**9,)


def test_every_mode_up_to_the_newest_is_a_speed_or_none_and_what_is_newer_is_said() -> None:
    assert ethtool.unknown_modes(settings(*range(126), words=4)) == ()
    assert ethtool.unknown_modes(settings(5, 127, 159, words=5)) == (127, 159)
    assert ethtool.unknown_modes("00") == ()
