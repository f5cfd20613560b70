"""The `place` fixture: where the os disk may be written: a file of the installed system, or the armed raw os disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from metalctl.model.inventory import Inventory
from metalctl.model.run import RunSpec
from metalctl.node.plugin.leave import Guard
from metalctl.node.plugin.scratch import NoDisk, scratch
from metalctl.node.pyfio import Leave, cleaned


class Place:
    """Finds the place when it is asked for."""

    def __init__(self, spec: RunSpec, inventory: Inventory) -> None:
        self._spec, self._inventory = spec, inventory

    @contextmanager
    def to_write(self, size: int) -> Iterator[tuple[str, Leave | None]]:
        """Path to write at most `size` bytes to, and the leave when it is a raw disk, which is zeroed afterwards.

        Raises NoDisk in a ramdisk whose os disk is not armed for "fio-write", Refused by the guard.
        """
        with Guard(self._spec) as guard:
            armed = [d for d in self._inventory.disks if d.key in self._spec.roles.get("os", ()) and guard.armed(d)]
            if armed:
                leave = guard.leave(armed[0])
                with cleaned(leave, size):
                    yield leave.path, leave
                return
        with ExitStack() as stack:
            try:
                directory = stack.enter_context(scratch())
            except NoDisk as none:
                raise NoDisk(f"{none.message}, and no os disk is armed for fio-write", hint=none.hint) from none
            yield str(directory / "fio"), None
