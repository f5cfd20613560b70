"""The key that certificates are signed with: an Ed25519 key in a file of mode 0600, its public half in a file beside
it.

`certificate.pem` → `certificate.pub`. Hand the public file to whoever verifies. There is no way to lose a race for
making the key: it is written aside and linked into place, and whoever comes second takes what is there.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from metalctl.report.errors import KeyProblem

_LOST = "put it back from a backup, or make a new one: metalctl report rotate-key"


def load_or_create_key(path: Path) -> Ed25519PrivateKey:
    """The key of that file, made at first use. KeyProblem when it is none, or when group or others may read it."""
    if not path.exists():
        _refuse_lost(path)
        _create(path)
    key = _load(path)
    public = public_path(path)
    if not public.exists():
        _put(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    return key


def rotate(path: Path) -> tuple[str, str]:
    """Put a new key in place of the one of that file: (id of the old one, "" without one; id of the new one).

    The old public key stays beside it (NAME.ID.pub): what was signed with it still verifies. The old private key is
    deleted.
    """
    old = ""
    public = public_path(path)
    if public.exists():
        old = key_id(load_public_key(public))
        public.replace(retired_path(path, old))
    path.unlink(missing_ok=True)
    _create(path)
    return old, key_id(load_or_create_key(path).public_key())


def retired_path(path: Path, identifier: str) -> Path:
    """Where the public half of a key that signs no more is."""
    return path.with_name(f"{path.stem}.{identifier[:16]}.pub")


def published(path: Path) -> list[Path]:
    """Every public key of this provisioner, the one that signs now first."""
    retired = sorted(path.parent.glob(f"{path.stem}.*.pub"))
    return [p for p in (public_path(path), *retired) if p.exists()]


def _refuse_lost(path: Path) -> None:
    """A private key that is gone is told: a new one in its place would make the certificates before look forged."""
    if public_path(path).exists() or list(path.parent.glob(f"{path.stem}.*.pub")):
        raise KeyProblem(f"the signing key {path} is gone, and its public half is there", hint=_LOST)


def public_path(path: Path) -> Path:
    """Where the public half of a key file is."""
    return path.with_suffix(".pub")


def load_public_key(path: Path) -> Ed25519PublicKey:
    """The public key of a PEM file; KeyProblem when it is none."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise KeyProblem(
            f"{path}: not a public key: {error}", hint="give the .pub file next to the signing key"
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyProblem(f"{path}: not an Ed25519 key", hint="give the .pub file next to the signing key")
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """The key's name as in-toto's tools derive it (securesystemslib): SHA-256, in hex, of the key as canonical JSON.

    They take no signature under another name. DSSE itself leaves the name open, and `dsse.unseal` does not look at it.
    """
    public = key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    described = {"keytype": "ed25519", "keyval": {"public": public}, "scheme": "ed25519"}
    return hashlib.sha256(json.dumps(described, separators=(",", ":"), sort_keys=True).encode()).hexdigest()


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _put(path, pem, 0o600)


def _put(path: Path, data: bytes, mode: int) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink()


def _load(path: Path) -> Ed25519PrivateKey:
    try:
        if path.stat().st_mode & 0o077:
            raise KeyProblem(
                f"{path} can be read by others", hint=f"chmod 600 {path}, and consider the key as known to them"
            )
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyProblem(
            f"{path}: not a private key: {error}",
            hint="put it back from a backup, or make a new one: metalctl report rotate-key",
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyProblem(
            f"{path}: not an Ed25519 key",
            hint="put it back from a backup, or make a new one: metalctl report rotate-key",
        )
    return key
