"""What a burst took and nobody uses goes back to the system."""

from __future__ import annotations

import platform
import resource

import pytest

from metalctl.engine.serving.memory import give_back


def resident() -> int:
    """Bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's allocator has such a call")
def test_memory_that_is_not_used_any_more_is_given_back() -> None:
    # Too large for Python's own allocator, too small for a mapping each; the last one keeps the heap's end in place.
    pieces = [bytes(4000) for _ in range(40_000)]
    pieces = pieces[-1:]
    before = resident()
    give_back()
    assert before - resident() > 100_000_000
    assert pieces
