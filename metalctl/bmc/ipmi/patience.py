"""What a BMC refuses for the moment is asked again, a bounded number of times (IPMI 2.0, table 5-2 and 34.2)."""

from __future__ import annotations

import time
from collections.abc import Callable

from metalctl.bmc.ipmi.errors import DEVICE_BUSY, FOR_NOW, NOT_BEGUN, CompletionCode

Raw = Callable[[int, int, bytes], bytes]  # network function, command, data → data after the completion code
STORAGE = 0x0A
PAUSES = (0.05, 0.1, 0.3, 1.0, 2.0)  # seconds before each further try of one request; 30 ms are the least for a FRU
BUDGET = 20.0  # seconds of waiting for all the requests of one walk


def patient(raw: Raw, acts: bool = False) -> Raw:
    """`raw`, tried again. acts: it changes something, and one that timed out may have been done: it is not repeated."""
    left = BUDGET

    def asked(netfn: int, command: int, data: bytes = b"") -> bytes:
        nonlocal left
        for pause in PAUSES:
            try:
                return raw(netfn, command, data)
            except CompletionCode as refused:
                if not _passes(netfn, refused.code, acts) or left < pause:
                    raise
            time.sleep(pause)
            left -= pause
        return raw(netfn, command, data)

    return asked


def _passes(netfn: int, code: int, acts: bool) -> bool:
    if acts:
        return code in NOT_BEGUN
    return code in FOR_NOW or (code == DEVICE_BUSY and netfn == STORAGE)
