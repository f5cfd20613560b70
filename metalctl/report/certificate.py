"""The acceptance certificate: an in-toto statement (predicate test-result v0.1) in a signed DSSE envelope.

Subjects: the node's identity by the SHA-256 of its canonical JSON (`digest_of`), and the machine part by part
(model.machine), which is listed too, so that whoever has the machine before him can read it again and compare; and
the evidence (the JSON of the dossier at that moment) by its SHA-256. The predicate says what was asked (the profile
and its digest, the level, each check with its limits), what was left out and why, what was measured and what came of
it, of what (run ids, image), until when, and whether the machine was emulated.

It is not issued over a FAIL or UNKNOWN that nobody waived, without the stage `accepted`, without a verified
installation, or without a check on the installed system: `blockers` names each. It ends with the first waiver that
it rests on.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from metalctl.model import machine
from metalctl.model.codec import encode
from metalctl.model.dossier import Artifact, Dossier
from metalctl.model.identity import Identity
from metalctl.model.stage import Stage
from metalctl.model.verdict import Verdict
from metalctl.report import dsse, evidence
from metalctl.report.errors import Expired, NotACertificate, NotCertifiable
from metalctl.report.files import put
from metalctl.report.judge import Judgement, done, judge
from metalctl.report.keys import load_or_create_key, load_public_key

__all__ = [
    "blockers",
    "canonical",
    "digest_of",
    "issue",
    "load_or_create_key",
    "load_public_key",
    "read",
    "verify",
    "write",
]

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
VALIDITY = timedelta(days=365)


def issue(
    dossier: Dossier, key: Ed25519PrivateKey, *, now: datetime | None = None, validity: timedelta = VALIDITY
) -> dict[str, Any]:
    """The signed envelope. Raises NotCertifiable with every blocker."""
    at = now or datetime.now(UTC)
    judgement = judge(dossier, at.date())
    if found := blockers(dossier, judgement):
        raise NotCertifiable(
            f"{dossier.node} cannot be certified: {'; '.join(found)}",
            hint="fix what failed and verify it again, or waive it by name",
            node=dossier.node,
            blockers=found,
        )
    return dsse.seal(PAYLOAD_TYPE, canonical(_statement(dossier, judgement, at, validity)), key)


def verify(envelope: Any, public_key: Ed25519PublicKey, *, now: datetime | None = None) -> dict[str, Any]:
    """The signed statement. Raises BadSignature, NotACertificate or Expired; fields it does not know are ignored."""
    content = dsse.unseal(envelope, PAYLOAD_TYPE, public_key)
    statement = _parsed(content)
    if not isinstance(statement, dict) or (statement.get("_type"), statement.get("predicateType")) != (
        STATEMENT,
        PREDICATE,
    ):
        raise NotACertificate("it is signed, but is not a test-result statement")
    try:
        until = datetime.fromisoformat(statement["predicate"]["metalctl"]["valid_until"])
        over = until <= (now or datetime.now(UTC))
    except (KeyError, TypeError, ValueError):
        raise NotACertificate("it does not say until when it holds") from None
    if over:
        raise Expired(f"it held until {until.isoformat()}", hint="verify the node again", until=until.isoformat())
    return statement


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise NotACertificate("it is signed, but is not JSON") from None


def write(envelope: dict[str, Any], path: Path) -> Artifact:
    """Write a certificate; kind "certificate"."""
    return put(path, json.dumps(envelope, indent=1) + "\n", "certificate")


def read(path: Path) -> Any:
    """The envelope of a file, not verified yet. Raises NotACertificate."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise NotACertificate(f"{path}: {error}", hint="give the NODE.certificate.json of a report") from error


def blockers(dossier: Dossier, judgement: Judgement) -> list[str]:
    """Why it cannot be certified, one sentence each; empty when it can."""
    found = list(judgement.blockers)
    if not done(dossier, Stage.ACCEPTED):
        found.append("the stage `accepted` was not passed")
    if dossier.installation is None:
        found.append("no installation is recorded")
    elif not dossier.installation.verified:
        found.append("the installed image was not verified on the disk")
    if not any(c.run.kind == "accept" and c.verdict is Verdict.PASS for c in judgement.current):
        found.append("no check passed on the installed system")
    if not (dossier.installed or dossier.in_band):
        found.append("no in-band inventory is recorded")
    if not _hex(dossier.profile_digest):
        found.append("the digest of the profile is not recorded")
    return found + evidence.too_little(dossier, judgement, {part.kind for part in _machine(dossier)})


def evidence_of(dossier: Dossier) -> bytes:
    """The JSON that a certificate binds by its hash: the dossier as it is now, without the files made of it."""
    return canonical(encode(replace(dossier, artifacts=()))) + b"\n"


def _machine(dossier: Dossier) -> tuple[machine.Part, ...]:
    inventory = dossier.installed or dossier.in_band
    return machine.parts(inventory) if inventory is not None else ()


def digest_of(value: Identity) -> str:
    """SHA-256 (hex) of the canonical JSON of an identity."""
    return hashlib.sha256(canonical(encode(value))).hexdigest()


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, ASCII only; the same value is always the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def _statement(dossier: Dossier, judgement: Judgement, at: datetime, validity: timedelta) -> dict[str, Any]:
    subjects = [
        (dossier.node, digest_of(dossier.identity)),
        (f"{dossier.node}/inventory", machine.digest(_machine(dossier))),
        (f"{dossier.node}/evidence", hashlib.sha256(evidence_of(dossier)).hexdigest()),
    ]
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in subjects],
        "predicateType": PREDICATE,
        "predicate": _predicate(dossier, judgement) | {"metalctl": _details(dossier, judgement, at, validity)},
    }


def _predicate(dossier: Dossier, judgement: Judgement) -> dict[str, Any]:
    named = [(f.requirement + (f" {f.part}" if f.part else ""), f.verdict, f.waiver) for f in judgement.findings]
    named += [(c.name, c.verdict, c.waiver) for c in judgement.current]
    passed = sorted({name for name, verdict, _ in named if verdict is Verdict.PASS})
    warned = sorted({name for name, verdict, _ in named if verdict in (Verdict.FAIL, Verdict.UNKNOWN)})
    configuration = [{"name": f"profile/{dossier.profile}", "digest": {"sha256": _hex(dossier.profile_digest)}}]
    if dossier.installation:
        image = f"image/{dossier.installation.os}/{dossier.installation.version}"
        configuration.append({"name": image, "digest": {"sha256": dossier.installation.image_sha256}})
    return {
        "result": "WARNED" if warned else "PASSED",
        "configuration": configuration,
        "passedTests": passed,
        "warnedTests": warned,
        "failedTests": [],
    }


def _details(dossier: Dossier, judgement: Judgement, at: datetime, validity: timedelta) -> dict[str, Any]:
    ends = [datetime.fromisoformat(f.waiver.until[:10]).replace(tzinfo=UTC) for f in judgement.waivers if f.waiver]
    until = min([at + validity, *(end + timedelta(days=1) for end in ends)])
    return {
        "version": dossier.metalctl_version,
        "enrollment": dossier.enrollment,
        "role": dossier.role,
        "emulated": dossier.emulated,
        "identity": encode(dossier.identity),
        "counts": judgement.counts | {"waived": len(judgement.waivers)},
        "waivers": [encode(f) for f in judgement.waivers],
        "runs": [run.run_id for run in dossier.runs],
        "machine": encode(_machine(dossier)),
        **evidence.bound(judgement),
        "image_sha256": dossier.installation.image_sha256 if dossier.installation else "",
        "issued": at.isoformat(timespec="seconds"),
        "valid_until": until.isoformat(timespec="seconds"),
    }


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")
