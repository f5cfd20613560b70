"""After a write job: the range that it wrote is zeros again, read back and compared."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from metalctl.node.install.device import Device
from metalctl.node.pyfio.job import Leave
from metalctl.node.pyfio.result import MediaError

_CHUNK = 4 << 20


@contextlib.contextmanager
def cleaned(leave: Leave, size: int) -> Iterator[None]:
    """Zero the first `size` bytes (a multiple of 512) of the device on the way out, also after an error, and read them.

    MediaError when they are not zeros then; DeviceFailed when the disk refuses.
    """
    try:
        yield
    finally:
        with Device(leave.path, writable=True) as device:
            device.zero(0, size)
            device.flush()
            for offset in range(0, size, _CHUNK):
                length = min(_CHUNK, size - offset)
                if device.read(offset, length) != bytes(length):
                    raise MediaError(
                        f"{leave.path} does not read as zeros after it was zeroed", hint="replace the drive"
                    )
