"""DSSE envelopes with one Ed25519 signature: https://github.com/secure-systems-lab/dsse (protocol 1.0.2).

What is signed is the pre-authentication encoding of type and content, so the bytes are never parsed before they are
verified.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from metalctl.report.errors import BadSignature, NotACertificate
from metalctl.report.keys import key_id


def pae(kind: str, content: bytes) -> bytes:
    """The bytes that are signed; lengths count bytes, not characters."""
    encoded = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(encoded), encoded, len(content), content)


def seal(kind: str, content: bytes, key: Ed25519PrivateKey) -> dict[str, Any]:
    """The envelope as JSON values."""
    signature = {"keyid": key_id(key.public_key()), "sig": _base64(key.sign(pae(kind, content)))}
    return {"payloadType": kind, "payload": _base64(content), "signatures": [signature]}


def unseal(envelope: Any, kind: str, key: Ed25519PublicKey) -> bytes:
    """The signed bytes. Raises NotACertificate for a wrong shape or type, BadSignature when none is by this key.

    The key id is an unsigned hint and is not believed: every signature is tried.
    """
    if not isinstance(envelope, dict) or not isinstance(envelope.get("signatures"), list):
        raise NotACertificate(
            "this is not a DSSE envelope", hint="give the file that the report room wrote: NODE.certificate.json"
        )
    if envelope.get("payloadType") != kind:
        raise NotACertificate(f"the payload type is {str(envelope.get('payloadType'))[:80]!r}, expected {kind!r}")
    content = _bytes(envelope.get("payload"))
    for signature in envelope["signatures"]:
        if isinstance(signature, dict) and _holds(key, _bytes(signature.get("sig")), pae(kind, content)):
            return content
    raise BadSignature(
        "no signature on it was made by this key over this content",
        hint="the content was changed, or the certificate was issued with another key: compare the key ids",
        keyid=key_id(key),
    )


def _holds(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _base64(data: bytes) -> str:
    return base64.standard_b64encode(data).decode()


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        raise NotACertificate("payload or signature is not base64") from None
