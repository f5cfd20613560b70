"""The `guard` fixture: leave to write a raw disk, asked of the destructive guard and held until the check has ended."""

from __future__ import annotations

from metalctl.model.inventory import Disk
from metalctl.model.run import Armed, RunSpec
from metalctl.node import guard
from metalctl.node.errors import NodeError
from metalctl.node.pyfio import Leave


class NotArmed(NodeError):
    """The run has no leave for this disk and action."""


class Guard:
    """Leave to write disks, as the enrollment armed them for this run; a context manager that gives the claims back."""

    def __init__(self, spec: RunSpec) -> None:
        self._spec = spec
        self._held: dict[Armed, guard.Claim] = {}

    def armed(self, disk: Disk, action: str = "fio-write") -> bool:
        """Whether the run names this disk for the action at all."""
        return self._armed(disk, action) is not None

    def leave(self, disk: Disk, action: str = "fio-write") -> Leave:
        """Leave to write the disk; raises NotArmed, or what the guard refuses."""
        armed = self._armed(disk, action)
        if armed is None:
            raise NotArmed(
                f"{disk.label} is not armed for {action}",
                hint="burn in through an enrollment, which arms blank disks; by hand use a check that only reads",
            )
        if armed not in self._held:
            self._held[armed] = guard.hold(armed, disk, action, guard.boot_time())
        return Leave(self._held[armed].path, disk.key)

    def close(self) -> None:
        while self._held:
            self._held.popitem()[1].close()

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _armed(self, disk: Disk, action: str) -> Armed | None:
        meant = (a for a in self._spec.armed if a.serial and a.serial == disk.key and a.action == action)
        return next(meant, None)
