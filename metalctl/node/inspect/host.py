"""How a collector reads the machine: files, links, tools and a few probes, and what could not be read.

A `Machine` answers five questions; `Local` is this one, and the tests' one answers from a recorded JSON file. A `Host`
is what collectors are given: it asks the machine, remembers what could not be read and why (`notes`), and where each
part of the inventory was read (`sources`). A collector never guesses: what it cannot read it gives to
`unreadable(fact, reason)`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from metalctl.model.inventory import Unreadable
from metalctl.node import tool
from metalctl.node.errors import ToolFailed
from metalctl.node.inspect import probes, values

_DIGITS = 20  # the kernel's numbers have 64 bits and a sign


class Machine(Protocol):
    """The five questions. Files raise OSError, tools ToolFailed, probes nothing.

    tolerated: a bit mask of what a tool's exit code may hold and still be believed (smartctl's is made of bits).
    """

    def data(self, path: str) -> bytes: ...
    def names(self, path: str) -> list[str]: ...
    def real(self, path: str) -> str: ...
    def tool(self, argv: tuple[str, ...], timeout: float, tolerated: int) -> str: ...
    def probe(self, what: str, name: str) -> probes.Answer: ...


class Host:
    """The machine as collectors see it."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._printed: dict[tuple[str, ...], str | ToolFailed] = {}
        self.notes: list[Unreadable] = []
        self.sources: dict[str, str] = {}

    def unreadable(self, fact: str, reason: str) -> None:
        """Remember that a fact could not be read; once a fact and reason."""
        note = Unreadable(fact, reason)
        if note not in self.notes:
            self.notes.append(note)

    def forget(self, fact: str) -> None:
        """Another source tells it: it is not unreadable after all."""
        self.notes = [n for n in self.notes if n.fact != fact]

    def notes_of(self, fact: str) -> list[Unreadable]:
        return [n for n in self.notes if n.fact == fact]

    def source(self, fact: str, where: str) -> None:
        """Remember where a fact, and all below it, was read."""
        self.sources[fact] = where

    def data(self, path: str, fact: str = "") -> bytes:
        """A file's bytes, b"" when it cannot be read; `fact`, when given, is then unreadable."""
        try:
            return self._machine.data(path)
        except OSError as error:
            if fact:
                self.unreadable(fact, f"{path}: {error.strerror or error}")
            return b""

    def text(self, path: str, fact: str = "") -> str:
        """A file's text without surrounding white space and NULs, "" when it cannot be read."""
        return self.data(path, fact).decode(errors="replace").strip(" \t\r\n\0")

    def number(self, path: str) -> int | None:
        """A file that holds one decimal number; None when it does not or cannot be read."""
        text = self.text(path)
        try:
            return values.whole(int(text)) if len(text) <= _DIGITS else None
        except ValueError:
            return None

    def numa(self, device: str) -> int | None:
        """The NUMA node of a device below /sys; None when it is of none, or not stated."""
        node = self.number(f"{device}/numa_node")
        return node if node is not None and node >= 0 else None

    def names(self, path: str) -> list[str]:
        """What a directory holds, sorted; nothing when it cannot be read."""
        try:
            return sorted(self._machine.names(path))
        except OSError:
            return []

    def entries(self, path: str) -> list[str]:
        """The same where it matters why there is nothing; raises OSError."""
        return sorted(self._machine.names(path))

    def content(self, path: str) -> bytes:
        """A file's bytes where it matters why there are none; raises OSError."""
        return self._machine.data(path)

    def exists(self, path: str) -> bool:
        parent, _, name = path.rstrip("/").rpartition("/")
        return name in self.names(parent or "/")

    def real(self, path: str) -> str:
        """The path with every link followed; the path itself when that is not allowed."""
        try:
            return self._machine.real(path)
        except OSError:
            return path

    def linked(self, path: str) -> str:
        """The last name of what a link leads to; "" when there is no such link."""
        name = self.real(path).rpartition("/")[2]
        return "" if name == path.rpartition("/")[2] else name

    def tool(self, *argv: str, fact: str = "", timeout: float = 30, tolerated: int = 0) -> str:
        """What a tool prints, "" when it is missing or fails; `fact`, when given, is then unreadable."""
        return self._told(self._run(argv, timeout, tolerated), fact)

    def failure(self, *argv: str, timeout: float) -> str:
        """Run a tool for what it does; why it failed (missing, hung, exit code), "" when it did not."""
        ran = self._run(argv, timeout, 0)
        return ran.message if isinstance(ran, ToolFailed) else ""

    def once(self, *argv: str, fact: str = "", timeout: float = 30, tolerated: int = 0) -> str:
        """What `tool` gives, of a tool that several collectors ask alike: it runs once."""
        if argv not in self._printed:
            self._printed[argv] = self._run(argv, timeout, tolerated)
        return self._told(self._printed[argv], fact)

    def _run(self, argv: tuple[str, ...], timeout: float, tolerated: int) -> str | ToolFailed:
        try:
            return self._machine.tool(argv, timeout, tolerated)
        except ToolFailed as failed:
            return failed

    def _told(self, ran: str | ToolFailed, fact: str) -> str:
        if isinstance(ran, str):
            return ran
        if fact:
            self.unreadable(fact, ran.message)
        return ""

    def probe(self, what: str, name: str = "") -> dict[str, probes.Answer]:
        """A probe that answers with fields; {} when it has none."""
        answer = self._machine.probe(what, name)
        return {str(k): v for k, v in answer.items()} if isinstance(answer, dict) else {}

    def udev(self, name: str) -> dict[str, str]:
        """The udev properties of a block device; empty without udev."""
        return {k: str(v) for k, v in self.probe("udev", name).items()}

    def driver(self, nic: str) -> dict[str, str]:
        """ETHTOOL_GDRVINFO of a port: driver, version, firmware, bus; empty when it does not answer."""
        return {k: str(v) for k, v in self.probe("driver", nic).items()}

    def kvm(self) -> tuple[bool | None, str]:
        """Whether /dev/kvm opens and answers, and why not."""
        works, reason = self._machine.probe("kvm", "")
        return works, str(reason)


class Local:
    """This machine; root: below which its files are, another than "/" in tests."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def data(self, path: str) -> bytes:
        return self._at(path).read_bytes()

    def names(self, path: str) -> list[str]:
        return [p.name for p in self._at(path).iterdir()]

    def real(self, path: str) -> str:
        return str(self._at(path).resolve())

    def tool(self, argv: tuple[str, ...], timeout: float, tolerated: int) -> str:
        output = tool.run(argv, timeout)
        believed = output.code > 0 and not output.code & ~tolerated
        return output.out if believed else output.require().out

    def probe(self, what: str, name: str) -> probes.Answer:
        return probes.ALL[what](name)

    def _at(self, path: str) -> Path:
        return self._root / path.lstrip("/")


class LocalHost(Host):
    """The collectors' view of this machine."""

    def __init__(self, root: Path = Path("/")) -> None:
        super().__init__(Local(root))
