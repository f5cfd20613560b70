"""Memory that a burst took and nobody uses is given back to the system.

The allocator keeps what a hundred threads used while a thousand nodes booted together; what the service then holds for
days is half as much.
"""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Trim the heaps; on a C library that has no such call nothing happens."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
