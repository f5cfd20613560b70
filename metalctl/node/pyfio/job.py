"""A fio job as data, its command line, and what it may not do."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from metalctl.node.errors import NodeError

_BOTH = ("rw", "readwrite", "randrw")
_WRITES = ("write", "randwrite", *_BOTH, "trim", "randtrim", "trimwrite")


class FioRefused(NodeError):
    """The job was not started: it would write where it may not, or its target does not exist."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The guard's leave to write one raw device, by the path and serial it was asked for. Made by the plugin only."""

    path: str
    serial: str


@dataclass(frozen=True, slots=True)
class Job:
    """One fio job.

    filename: device or file. rw, bs, ioengine: as fio names them. size, offset: bytes. runtime: seconds; with
    `time_based` the job goes round until then, without it ends at `size` or at `runtime`, whichever is first.
    fdatasync: flush after every n writes. sync: O_SYNC. leave: needed to write to a raw device.
    """

    filename: str
    rw: str
    bs: str = "4k"
    iodepth: int = 1
    numjobs: int = 1
    runtime: float | None = None
    size: int | None = None
    offset: int = 0
    ioengine: str = "libaio"
    direct: bool = True
    sync: bool = False
    fdatasync: int = 0
    time_based: bool = True
    readonly: bool = False
    leave: Leave | None = None
    name: str = "metalctl"

    @property
    def writes(self) -> bool:
        """Whether the job can change what is on the target."""
        return self.rw.split(":")[0] in _WRITES

    @property
    def reads(self) -> bool:
        """Whether the job is to read."""
        return self.rw.split(":")[0] in ("read", "randread", *_BOTH)

    def refuse(self) -> None:
        """Raise FioRefused unless the job may run on its target as it is now."""
        if self.writes and self.readonly:
            raise FioRefused(f"a read-only job cannot do rw={self.rw}", hint="correct the check")
        mode = _mode(self.filename)
        if mode is None and not self.writes:
            # fio itself would create the file, read zeros from RAM, and call that a fast disk.
            raise FioRefused(f"{self.filename} does not exist", hint="the disk is gone: look at dmesg")
        in_dev = self.filename.startswith("/dev/") and not self.filename.startswith("/dev/shm/")  # noqa: S108
        raw = in_dev or (mode is not None and not stat.S_ISREG(mode))
        if self.writes and raw and (self.leave is None or self.leave.path != self.filename):
            raise FioRefused(
                f"no write permit for {self.filename}", hint="enroll the node with the disk armed, or use a file"
            )

    def argv(self) -> list[str]:
        options: dict[str, object] = {
            "name": self.name,
            "filename": self.filename.replace(":", "\\:"),  # fio splits names at colons; by-path names have them
            "rw": self.rw,
            "bs": self.bs,
            "ioengine": self.ioengine,
            "iodepth": self.iodepth,
            "numjobs": self.numjobs,
            "direct": int(self.direct),
            "randrepeat": 0,
            "norandommap": 1,
        }
        if self.size is not None:
            options["size"] = self.size
        if self.offset:
            options["offset"] = self.offset
        if self.runtime is not None:
            options["runtime"] = f"{max(1, round(self.runtime * 1000))}ms"
        argv = ["fio", "--output-format=json", "--group_reporting", *(f"--{k}={v}" for k, v in options.items())]
        argv += ["--time_based"] if self.time_based and self.runtime is not None else []
        argv += ["--sync=1"] if self.sync else []
        argv += [f"--fdatasync={self.fdatasync}"] if self.fdatasync else []
        return argv + (["--readonly", "--allow_file_create=0"] if self.readonly else [])


def _mode(path: str) -> int | None:
    try:
        return Path(path).stat().st_mode
    except FileNotFoundError:
        return None
