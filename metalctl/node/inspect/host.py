"""How a collector reads the machine: files, links, tools and a few probes, and what could not be read.

Everything that touches the machine goes through `Host`, so that a collector is a pure function of what its Host
answers: `LocalHost` is this machine; the tests' host answers from a recorded JSON file. A collector never guesses:
what it cannot read it gives to `unreadable(fact, reason)`.
"""

from __future__ import annotations

from pathlib import Path

from metalctl.model.inventory import Unreadable
from metalctl.node import tool
from metalctl.node.errors import ToolFailed
from metalctl.node.inspect import probes


class Host:
    """The machine as collectors see it; subclasses answer the five `_` questions."""

    def __init__(self) -> None:
        self.notes: list[Unreadable] = []

    def unreadable(self, fact: str, reason: str) -> None:
        """Remember that a fact could not be read; once a fact and reason."""
        note = Unreadable(fact, reason)
        if note not in self.notes:
            self.notes.append(note)

    def notes_of(self, fact: str) -> list[Unreadable]:
        """What was remembered of a fact."""
        return [n for n in self.notes if n.fact == fact]

    def data(self, path: str, fact: str = "") -> bytes:
        """A file's bytes, b"" when it cannot be read; `fact`, when given, is then unreadable."""
        try:
            return self._data(path)
        except OSError as error:
            if fact:
                self.unreadable(fact, f"{path}: {error.strerror or error}")
            return b""

    def text(self, path: str, fact: str = "") -> str:
        """A file's text without surrounding white space and NULs, "" when it cannot be read."""
        return self.data(path, fact).decode(errors="replace").strip(" \t\r\n\0")

    def number(self, path: str) -> int | None:
        """A file that holds one decimal number; None when it does not or cannot be read."""
        try:
            return int(self.text(path))
        except ValueError:
            return None

    def names(self, path: str) -> list[str]:
        """What a directory holds, sorted; nothing when it cannot be read."""
        try:
            return sorted(self._names(path))
        except OSError:
            return []

    def exists(self, path: str) -> bool:
        """Whether something is at the path."""
        parent, _, name = path.rstrip("/").rpartition("/")
        return name in self.names(parent or "/")

    def real(self, path: str) -> str:
        """The path with every link followed; the path itself when that is not allowed."""
        try:
            return self._real(path)
        except OSError:
            return path

    def tool(self, *argv: str, fact: str = "", timeout: float = 30) -> str:
        """What a tool prints, "" when it is missing or fails; `fact`, when given, is then unreadable."""
        try:
            return self._tool(argv, timeout)
        except ToolFailed as failed:
            if fact:
                self.unreadable(fact, failed.message)
            return ""

    def udev(self, name: str) -> dict[str, str]:
        """The udev properties of a block device; empty without udev."""
        return {str(k): str(v) for k, v in dict(self._probe("udev", name) or {}).items()}

    def driver(self, nic: str) -> dict[str, str]:
        """ETHTOOL_GDRVINFO of a port: driver, version, firmware, bus; empty when it does not answer."""
        return {str(k): str(v) for k, v in dict(self._probe("driver", nic) or {}).items()}

    def kvm(self) -> tuple[bool | None, str]:
        """Whether /dev/kvm opens and answers, and why not."""
        works, reason = self._probe("kvm", "")
        return works, str(reason)

    def _data(self, path: str) -> bytes:
        raise NotImplementedError

    def _names(self, path: str) -> list[str]:
        raise NotImplementedError

    def _real(self, path: str) -> str:
        raise NotImplementedError

    def _tool(self, argv: tuple[str, ...], timeout: float) -> str:
        raise NotImplementedError

    def _probe(self, what: str, name: str) -> probes.Answer:
        raise NotImplementedError


class LocalHost(Host):
    """This machine."""

    def _data(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def _names(self, path: str) -> list[str]:
        return [p.name for p in Path(path).iterdir()]

    def _real(self, path: str) -> str:
        return str(Path(path).resolve())

    def _tool(self, argv: tuple[str, ...], timeout: float) -> str:
        return tool.run(argv, timeout).require().out

    def _probe(self, what: str, name: str) -> probes.Answer:
        return probes.ALL[what](name)
