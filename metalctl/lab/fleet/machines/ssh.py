"""The SSH end of a machine: commands and SFTP on a system that lives in memory. Keys as the phone-home was told."""

from __future__ import annotations

from typing import Any

import asyncssh

from metalctl.lab.fleet.machines.system import AUTHORIZED, System


class _Login(asyncssh.SSHServer):
    def __init__(self, system: System) -> None:
        self._system = system

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        files = self._system.files
        lines = files.read(AUTHORIZED).decode().splitlines() if files.exists(AUTHORIZED) else []
        offered = key.export_public_key().decode().split()[1]
        return username == "root" and any(offered in line.split() for line in lines)


class _Sftp(asyncssh.SFTPServer):
    def __init__(self, channel: Any, system: System) -> None:
        super().__init__(channel)
        self._files = system.files

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        name = path.decode()
        if pflags & (asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC):
            self._files.put(name)
        elif not self._files.exists(name):
            raise asyncssh.SFTPNoSuchFile("No such file")
        return name

    def close(self, file_obj: object) -> None:
        """Nothing is held."""

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        return self._files.read(str(file_obj), offset, size)

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        self._files.write(str(file_obj), offset, data)
        return len(data)

    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        return self._attributes(path.decode())

    lstat = stat

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        return self._attributes(str(file_obj))

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs, *, follow_symlinks: bool = True) -> None:
        """Modes are not kept."""

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._files.move(oldpath.decode(), newpath.decode())

    rename = posix_rename

    def remove(self, path: bytes) -> None:
        self._files.remove(path.decode())

    def _attributes(self, name: str) -> asyncssh.SFTPAttrs:
        if not self._files.exists(name):
            raise asyncssh.SFTPNoSuchFile("No such file")
        return asyncssh.SFTPAttrs(size=self._files.size(name), permissions=0o100600)


def new_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


def public_line(key: asyncssh.SSHKey) -> str:
    """As in a *.pub file."""
    return str(key.export_public_key().decode().strip())


async def listen(system: System, address: str, port: int, key: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
    """Let people in until the power goes."""

    async def command(process: asyncssh.SSHServerProcess[str]) -> None:
        await process.stdin.read()
        status, out, err = system.run(process.command or "")
        process.stdout.write(out)
        process.stderr.write(err)
        # Without it a client cannot tell the end of the output from a connection that was cut.
        process.stdout.write_eof()
        process.exit(status)

    return await asyncssh.listen(
        address,
        port,
        server_factory=lambda: _Login(system),
        server_host_keys=[key],
        process_factory=command,
        sftp_factory=lambda channel: _Sftp(channel, system),
        allow_scp=False,
        agent_forwarding=False,
        x11_forwarding=False,
        compression_algs=["none"],
        line_editor=False,
        login_timeout=60,
    )
