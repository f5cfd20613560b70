"""The image stream over HTTP: byte ranges, resumed where a connection dropped or stalled, each range through its own
zstd.

A transfer that cannot be brought to its end is `TransferFailed`: it says nothing about the hardware.
"""

from __future__ import annotations

import contextlib
import http.client
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO

from metalctl.node.errors import NodeError, ToolFailed

_CHUNK = 256 * 1024
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class TransferFailed(NodeError):
    """The image could not be fetched whole. fields: url."""


@dataclass(frozen=True, slots=True)
class Patience:
    """attempts: tries in a row that bring no byte. stall: seconds without a byte. total: reconnections a range at
    most."""

    attempts: int = 20
    stall: float = 30.0
    total: int = 100
    pause: float = 1.0


Notice = Callable[[str], None]


class Stopped(Exception):
    """Nobody wants the rest: another worker failed."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the stream is, how patient to be, whom to tell of reconnections, and the event that ends all waiting."""

    url: str
    patience: Patience
    notice: Notice
    stop: threading.Event = field(default_factory=threading.Event)

    def pause(self, seconds: float) -> None:
        """Wait, but not when stopped."""
        if self.stop.wait(seconds):
            raise Stopped


def chunks(source: Source, start: int, length: int) -> Iterator[bytes]:
    """The bytes start … start+length-1 of the stream, whatever happens to connections on the way."""
    url, patience = source.url, source.patience
    got, failures, reconnections = 0, 0, 0
    while got < length:
        before = got
        try:
            for chunk in _request(url, start + got, start + length - 1, patience.stall):
                got += len(chunk)
                yield chunk
            if got >= length:
                return
            reason = "the server closed the connection early"
        except (OSError, http.client.HTTPException) as error:
            reason = _reason(error, url)
        reconnections += 1
        failures = 1 if got > before else failures + 1
        if failures > patience.attempts or reconnections > patience.total:
            raise TransferFailed(
                f"{url}: {reason}; gave up at byte {start + got} after {reconnections} tries",
                hint="look at the boot service and the network between it and the node",
                url=url,
            )
        source.pause(0)
        source.notice(f"{reason} at byte {start + got} of the image stream; trying again")
        source.pause(min(patience.pause * 2 ** (failures - 1), 15.0))


def _request(url: str, first: int, last: int, timeout: float) -> Iterator[bytes]:
    request = urllib.request.Request(url, headers={"Range": f"bytes={first}-{last}"})  # noqa: S310 - our own boot service
    # A proxy of the environment has no business on the boot network.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=timeout) as response:
        if response.status != 206 or not response.headers.get("Content-Range", "").startswith(f"bytes {first}-"):
            raise TransferFailed(f"{url}: the server does not serve byte ranges", hint="serve the image with metalctl")
        left = last - first + 1
        while left > 0 and (chunk := response.read1(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _reason(error: Exception, url: str) -> str:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
    if isinstance(error, urllib.error.HTTPError) and error.code not in _PASSING:
        raise TransferFailed(
            f"{url}: the server answered {error.code} {error.reason}", hint="is the image still in the cache?", url=url
        ) from error
    return str(getattr(error, "reason", error)) or type(error).__name__


class Unpacked:
    """A range of the stream, decompressed: `readinto` fills memory exactly. Use as a context manager."""

    def __init__(self, source: Source, start: int, length: int) -> None:
        try:
            self._zstd = subprocess.Popen(
                ["zstd", "-dcq"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
            )
        except FileNotFoundError:
            raise ToolFailed("zstd is not installed", hint="apt-get install zstd") from None
        self._source = source
        self._error: Exception | None = None
        self._leaving = threading.Event()
        self._feeder = threading.Thread(target=self._feed, args=(chunks(source, start, length),), daemon=True)
        self._feeder.start()

    def _feed(self, source: Iterator[bytes]) -> None:
        stdin = _pipe(self._zstd.stdin)
        try:
            for chunk in source:
                view = memoryview(chunk)
                while view and not self._source.stop.is_set():
                    view = view[stdin.write(view) :]
                self._source.pause(0)
                if self._leaving.is_set():
                    return
        except BrokenPipeError:
            return  # zstd ended first, and tells why by its exit code
        except (NodeError, Stopped) as error:
            self._error = error
        finally:
            with contextlib.suppress(OSError):
                stdin.close()

    def readinto(self, view: memoryview) -> None:
        """Fill the memory; raises TransferFailed when the stream ends before."""
        stdout, done = _pipe(self._zstd.stdout), 0
        while done < len(view):
            got = stdout.readinto(view[done:])  # type: ignore[attr-defined]
            if not got:
                raise self._ended()
            done += got

    def end(self) -> None:
        """The stream must end here, and zstd's checksum of it must hold."""
        if _pipe(self._zstd.stdout).read(1) or self._wait() != 0:
            raise self._ended()

    def _wait(self) -> int:
        self._feeder.join()
        return self._zstd.wait()

    def _ended(self) -> Exception:
        code = self._wait()
        if self._error is not None:
            return self._error
        said = _pipe(self._zstd.stderr).read().decode(errors="replace").strip() if code else "it has another length"
        return TransferFailed(
            f"{self._source.url}: the image stream is damaged: {said}",
            hint="build the image again, and look for faulty memory in the provisioner or node",
            url=self._source.url,
        )

    def __enter__(self) -> Unpacked:
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._zstd.kill()
        self._zstd.wait()
        # With zstd dead its next write ends it; a feeder that waits for the network is ended by the stop event.
        self._feeder.join(self._source.patience.stall)
        for pipe in (self._zstd.stdout, self._zstd.stderr):
            _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ToolFailed("zstd was started without its pipes")
    return pipe
