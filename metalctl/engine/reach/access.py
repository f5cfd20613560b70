"""Keys: an SSH client key an enrollment, so that a node that was ours yesterday lets nobody in today."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from metalctl.engine.state import StateDir


def client_key(state: StateDir, enrollment: str) -> Path:
    """The private key file of an enrollment (OpenSSH format, 0600), made at first use."""
    path = _path(state, enrollment)
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        write_private(
            path,
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
            ),
        )
    return path


def has_key(state: StateDir, enrollment: str) -> bool:
    """Whether there is one (still)."""
    return _path(state, enrollment).exists()


def delete_key(state: StateDir, enrollment: str) -> None:
    """Nobody can log in with it any more."""
    _path(state, enrollment).unlink(missing_ok=True)


def _path(state: StateDir, enrollment: str) -> Path:
    return state.keys / f"{enrollment}.ssh"


def public_line(state: StateDir, enrollment: str) -> str:
    """The line for authorized_keys."""
    key = serialization.load_ssh_private_key(client_key(state, enrollment).read_bytes(), None)
    text = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return f"{text.decode()} metalctl-{enrollment}"


def write_private(path: Path, data: bytes) -> None:
    """Write a key file (0600) whole, unless there is one."""
    # Written aside and linked into place: a crash leaves no half key, and of two writers one wins.
    partial = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.new")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
