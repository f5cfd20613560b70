"""The files of a machine, in memory. Of what is only unpacked nothing but the length is kept."""

from __future__ import annotations

_UNREAD = (".tar.gz", ".tar.gz.part")


class Files:
    """Path → content. Directories are not kept: every one is there."""

    def __init__(self) -> None:
        self._content: dict[str, bytearray] = {}

    def exists(self, path: str) -> bool:
        return path in self._content

    def read(self, path: str, offset: int = 0, size: int | None = None) -> bytes:
        """Some of a file; raises FileNotFoundError."""
        content = self._found(path)
        return bytes(content[offset:] if size is None else content[offset : offset + size])

    def size(self, path: str) -> int:
        """In bytes; raises FileNotFoundError."""
        return len(self._found(path))

    def put(self, path: str, data: bytes = b"") -> None:
        self._content[path] = bytearray(data)

    def write(self, path: str, offset: int, data: bytes) -> None:
        if not path.endswith(_UNREAD):
            self._found(path)[offset : offset + len(data)] = data

    def append(self, path: str, data: bytes) -> None:
        """Add to the end of a file, which is made if need be."""
        self._content.setdefault(path, bytearray()).extend(data)

    def move(self, old: str, new: str) -> None:
        """Rename over whatever is there; raises FileNotFoundError."""
        self._content[new] = self._found(old)
        del self._content[old]

    def remove(self, path: str) -> None:
        self._content.pop(path, None)

    def _found(self, path: str) -> bytearray:
        try:
            return self._content[path]
        except KeyError:
            raise FileNotFoundError(path) from None
