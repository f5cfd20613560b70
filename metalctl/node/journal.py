"""The journal of a run: JSON lines of `metalctl.model.run.Entry`, append-only, fsynced a line.

A journal is created once: a second start of the same run id meets `JournalExists`, and nothing runs twice. The
controller tails the file by byte offset: a line that is being written is read the next time.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from metalctl.model.codec import encode
from metalctl.model.run import Entry
from metalctl.node.errors import JournalExists


def now() -> str:
    """The time as ISO 8601 UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Journal:
    """A journal open for appending; safe to append to from several threads."""

    def __init__(self, path: str | Path, boot_id: str, grew: Callable[[int], None] | None = None) -> None:
        """Create the file (and its directory); raises JournalExists when the run was started before.

        grew: is told the number of each entry once it is on the disk.
        """
        self.path = Path(path)
        self.boot_id = boot_id
        self._grew = grew
        self._seq = 0
        self._lock = threading.Lock()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except FileExistsError:
            raise JournalExists(
                f"{self.path} exists: this run was started before", hint="read its journal, or use a new run id"
            ) from None
        _sync_directory(self.path.parent)

    def append(self, event: str, **data: Any) -> Entry:
        """Write one entry and return once it is on the disk. Values may be dataclasses of the model."""
        with self._lock:
            entry = Entry(seq=self._seq, time=now(), boot_id=self.boot_id, event=event, data=encode(data))
            line = json.dumps(encode(entry), separators=(",", ":"), ensure_ascii=False) + "\n"
            _write_all(self._fd, line.encode())
            os.fsync(self._fd)
            self._seq += 1
        if self._grew is not None:
            self._grew(entry.seq)
        return entry

    def close(self) -> None:
        """Close the file; a second close does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
