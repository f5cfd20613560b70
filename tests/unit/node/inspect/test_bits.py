"""Bits of registers and logs whose rarer meanings no recorded machine has."""

from __future__ import annotations

from metalctl.node.inspect.nvme import namespace_of
from metalctl.node.inspect.virtualization import from_register


def test_a_register_that_is_not_locked_locks_nothing_off() -> None:
    assert not from_register("GenuineIntel", 0)
    assert from_register("GenuineIntel", 1)


def test_a_namespace_may_use_a_format_beyond_the_sixteenth() -> None:
    found = namespace_of(1, {"nsze": 10, "flbas": 0x21, "lbafs": [{"ds": 9}] * 17 + [{"ds": 12}]})
    assert found is not None
    assert (found.logical_block, found.size) == (4096, 40960)
