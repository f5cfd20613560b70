"""A Machine that answers from a recorded case: files, hex, links, commands, probes; what is absent cannot be read."""

from __future__ import annotations

import errno
import os
from typing import Any

from metalctl.node.errors import ToolFailed


class Recorded:
    """The machine of a case file."""

    def __init__(self, case: dict[str, Any]) -> None:
        self._files = {**case.get("files", {}), **{p: bytes.fromhex(h) for p, h in case.get("hex", {}).items()}}
        self._links: dict[str, str] = case.get("links", {})
        self._commands: dict[str, Any] = case.get("commands", {})
        self._probes: dict[str, Any] = case.get("probes", {})
        self.asked: list[str] = []

    def data(self, path: str) -> bytes:
        data = self._files.get(self.real(path), self._files.get(path))
        if data is None:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return data if isinstance(data, bytes) else data.encode()

    def names(self, path: str) -> list[str]:
        tops = {path.rstrip("/") + "/", self.real(path) + "/"}
        known = [*self._files, *self._links, *self._links.values()]
        names = {p[len(top) :].split("/")[0] for p in known for top in tops if p.startswith(top)}
        if not names:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return list(names)

    def real(self, path: str) -> str:
        for link, target in self._links.items():
            if path == link or path.startswith(link + "/"):
                return self.real(target + path[len(link) :])
        return path

    def tool(self, argv: tuple[str, ...], timeout: float, tolerated: int) -> str:
        """A recorded command is its output, {"prints", "code"} of one that ended so, or {"fails": why}."""
        self.asked.append(" ".join(argv))
        answer = self._commands.get(" ".join(argv), {})
        if isinstance(answer, str):
            return answer
        if "prints" in answer and not answer["code"] & ~tolerated:
            return str(answer["prints"])
        raise ToolFailed(
            f"{argv[0]} ended with {answer['code']}"
            if "code" in answer
            else answer.get("fails", f"{argv[0]} is not installed")
        )

    def probe(self, what: str, name: str) -> Any:
        return self._probes.get(f"{what} {name}".strip(), (None, "not recorded") if what == "kvm" else {})
