"""SSH to a node, with the host key that its phone-home gave and no other.

Everything raises `RemoteError`, which a stage does not catch: the tick tries again until the stage's time is up.
"""

from __future__ import annotations

import base64
import contextlib
import shlex
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko

from metalctl.engine.errors import RemoteError

PORT = 22
CONNECT_TIMEOUT = 30.0
FILE_TIMEOUT = 60.0
# The library's thread looks as often whether it was closed meanwhile; with its own 0.1 s, 700 connections of nodes that
# booted together took a whole core for that. `close` wakes it, and so does whatever the node sends.
LISTENING = 5.0
# In place of an exit status that never came.
CUT = -1


@dataclass(frozen=True, slots=True)
class Output:
    """What a command left: exit status, standard output and error as text."""

    status: int
    out: str
    err: str


class Remote:
    """One connection; reused between ticks, dropped on the first error."""

    def __init__(self, address: str, host_keys: tuple[str, ...], key: Path) -> None:
        self.address = address
        self._sftp: paramiko.SFTPClient | None = None
        self._client = paramiko.SSHClient()
        self._client.set_missing_host_key_policy(paramiko.RejectPolicy())
        for kind, host_key in map(_host_key, host_keys):
            self._client.get_host_keys().add(address, kind, host_key)
        try:
            self._client.connect(
                address,
                PORT,
                username="root",
                pkey=paramiko.Ed25519Key.from_private_key_file(str(key)),
                timeout=CONNECT_TIMEOUT,
                banner_timeout=CONNECT_TIMEOUT,
                auth_timeout=CONNECT_TIMEOUT,
                allow_agent=False,
                look_for_keys=False,
            )
        except (paramiko.SSHException, OSError, EOFError) as error:
            self._client.close()
            raise RemoteError(
                f"SSH to root@{address}: {error}", hint="is the node still up? see its console"
            ) from error
        transport = self._client.get_transport()
        if transport is not None:
            transport.set_keepalive(15)
            transport.sock.settimeout(LISTENING)

    def run(self, *command: str, timeout: float = 60.0, stdin: str = "") -> Output:
        """Run one command to its end; the words are quoted here and nowhere else.

        A cut connection raises no exception in the library: reads end as if the output did, and the status is -1. What
        came without an end or a status is no answer.
        """
        try:
            to, out, err = self._client.exec_command(shlex.join(command), timeout=timeout)
            to.write(stdin)
            to.channel.shutdown_write()
            text, errors = out.read().decode(errors="replace"), err.read().decode(errors="replace")
            status, whole = out.channel.recv_exit_status(), out.channel.eof_received
        except (TimeoutError, paramiko.SSHException, OSError, EOFError) as error:
            # A time-out of a channel has no text of its own.
            why = str(error) or f"no answer within {timeout:.0f} s"
            raise self._failed(f"{command[0]} … {command[-1]}: {why}") from error
        if status == CUT or not whole:
            raise self._failed(f"{command[0]} … {command[-1]}: the connection was cut, or it was ended by a signal")
        return Output(status, text, errors)

    def check(self, *command: str, timeout: float = 60.0, stdin: str = "") -> str:
        """Run one command that must succeed; its standard output."""
        output = self.run(*command, timeout=timeout, stdin=stdin)
        if output.status != 0:
            tail = (output.err or output.out).strip().splitlines()[-3:]
            raise RemoteError(f"{command[0]} on {self.address} left with {output.status}: {' / '.join(tail)}")
        return output.out

    def put(self, path: str, data: bytes, mode: int = 0o600) -> None:
        """Write a file whole: aside first, then renamed."""
        try:
            sftp, partial = self._files(), f"{path}.part"
            with sftp.open(partial, "wb") as file:
                file.set_pipelined(True)
                file.write(data)
            sftp.chmod(partial, mode)
            sftp.posix_rename(partial, path)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self._failed(f"writing {path}: {error}") from error

    def read_from(self, path: str, offset: int) -> bytes:
        """The bytes of a file from an offset on; empty when the file is not there yet."""
        try:
            with self._files().open(path, "rb") as file:
                file.seek(offset)
                return bytes(file.read())
        except FileNotFoundError:
            return b""
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self._failed(f"reading {path}: {error}") from error

    def _files(self) -> paramiko.SFTPClient:
        # One SFTP server a connection: a slow node pays for the start of each.
        if self._sftp is None:
            self._sftp = self._client.open_sftp()
            channel = self._sftp.get_channel()
            if channel is not None:
                channel.settimeout(FILE_TIMEOUT)
        return self._sftp

    @property
    def alive(self) -> bool:
        """Whether the connection still stands as far as we know."""
        transport = self._client.get_transport()
        return transport is not None and transport.is_active()

    def close(self) -> None:
        """Let go."""
        if (transport := self._client.get_transport()) is not None:
            with contextlib.suppress(OSError):
                transport.sock.shutdown(socket.SHUT_RDWR)
        self._client.close()

    def _failed(self, what: str) -> RemoteError:
        self.close()
        return RemoteError(f"{self.address}: {what}", hint="is the node still up? see its console")


def _host_key(line: str) -> tuple[str, Any]:
    kind, encoded = line.split()[:2]
    return kind, paramiko.PKey.from_type_string(kind, base64.b64decode(encoded))
