"""Certificates: what they are issued over, and that nothing can be changed in them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from metalctl.model.dossier import Dossier
from metalctl.model.finding import Finding, Waiver
from metalctl.model.verdict import Verdict
from metalctl.report import certificate, dsse, write_certificate, write_evidence
from metalctl.report.errors import BadSignature, Expired, KeyProblem, NotACertificate, NotCertifiable
from metalctl.report.keys import load_or_create_key, load_public_key, public_path, published, rotate

Sample = Callable[[str], Dossier]
KEY = Ed25519PrivateKey.generate()
NOW = datetime(2026, 3, 3, tzinfo=UTC)


def issued(dossier: Dossier) -> dict[str, Any]:
    return certificate.issue(dossier, KEY, now=NOW)


def test_pre_authentication_encoding_is_that_of_the_specification() -> None:
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_certificate_says_of_what_by_which_profile_with_what_result(sample: Sample) -> None:
    statement = certificate.verify(issued(sample("accepted")), KEY.public_key(), now=NOW)
    predicate = statement["predicate"]
    assert [s["name"] for s in statement["subject"]] == ["compute-01", "compute-01/inventory", "compute-01/evidence"]
    assert predicate["result"] == "PASSED"
    assert predicate["configuration"][0] == {"name": "profile/compute", "digest": {"sha256": "1" * 64}}
    assert "accept kvm-guest" in predicate["passedTests"]
    details = predicate["metalctl"]
    assert details["runs"] == ["e1-burned-in-1", "e1-burned-in-2", "e1-accepted-1"]
    assert (details["image_sha256"], details["emulated"]) == ("ab" * 32, False)
    assert details["counts"]["PASS"] == 13


def test_the_subject_changes_with_the_machine(sample: Sample) -> None:
    dossier = sample("accepted")
    other = replace(dossier.identity, serial="OTHER")
    digests = [
        certificate.verify(issued(d), KEY.public_key(), now=NOW)["subject"][0]["digest"]
        for d in (dossier, replace(dossier, identity=other))
    ]
    assert digests[0] != digests[1]


def test_a_waived_fail_is_certified_as_warned_and_ends_with_its_waiver(sample: Sample) -> None:
    dossier = sample("waived")
    waived = next(f for f in dossier.findings if f.waiver)
    soon = replace(waived, waiver=Waiver(waived.requirement, "me", "why", "2026-03-10"))
    dossier = replace(dossier, findings=(*(f for f in dossier.findings if f != waived), soon))
    predicate = certificate.verify(issued(dossier), KEY.public_key(), now=NOW)["predicate"]
    assert predicate["result"] == "WARNED"
    assert "check.hdd-seqwrite hdd serial ZA1203 bay 4" in predicate["warnedTests"]
    assert predicate["metalctl"]["valid_until"] == "2026-03-11T00:00:00+00:00"


def _unverified(d: Dossier) -> Dossier:
    assert d.installation
    return replace(d, installation=replace(d.installation, verified=False))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: replace(d, findings=(Finding("x", Verdict.UNKNOWN, remedy="r"),)), "UNKNOWN x"),
        (lambda d: replace(d, findings=(Finding("x", Verdict.FAIL, remedy="r"),)), "FAIL x"),
        (lambda d: replace(d, stages=d.stages[:6]), "`accepted` was not passed"),
        (lambda d: replace(d, installation=None), "no installation"),
        (_unverified, "not verified"),
        (lambda d: replace(d, runs=d.runs[:2]), "no check passed on the installed system"),
        (lambda d: replace(d, installed=None, in_band=None), "no in-band inventory"),
        (lambda d: replace(d, profile_digest=""), "digest of the profile"),
    ],
)
def test_it_is_refused_with_the_reason(sample: Sample, change: Callable[[Dossier], Dossier], says: str) -> None:
    with pytest.raises(NotCertifiable) as refused:
        issued(change(sample("accepted")))
    assert says in refused.value.message


def test_a_refusal_leaves_no_file(sample: Sample, tmp_path: Path) -> None:
    with pytest.raises(NotCertifiable):
        write_certificate(sample("failed"), KEY, tmp_path)
    assert list(tmp_path.iterdir()) == []


def _payload(envelope: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    statement = json.loads(base64.b64decode(envelope["payload"]))
    change(statement)
    return envelope | {"payload": base64.b64encode(json.dumps(statement).encode()).decode()}


def test_a_changed_payload_type_signature_or_key_does_not_verify(sample: Sample) -> None:
    good = issued(sample("waived"))
    changed = _payload(good, lambda s: s["predicate"].update(result="PASSED"))
    flipped = bytearray(base64.b64decode(good["signatures"][0]["sig"]))
    flipped[3] ^= 1
    forged = good | {"signatures": [{"sig": base64.b64encode(flipped).decode()}]}
    for bad in (changed, forged, good | {"signatures": []}):
        with pytest.raises(BadSignature):
            certificate.verify(bad, KEY.public_key(), now=NOW)
    with pytest.raises(BadSignature):
        certificate.verify(good, Ed25519PrivateKey.generate().public_key(), now=NOW)
    with pytest.raises(NotACertificate):
        certificate.verify(good | {"payloadType": "text/plain"}, KEY.public_key(), now=NOW)


def test_a_key_id_is_not_believed_and_other_signatures_and_fields_are_ignored(sample: Sample) -> None:
    good = issued(sample("accepted"))
    other = {"sig": base64.b64encode(b"x" * 64).decode(), "keyid": good["signatures"][0]["keyid"]}
    relabelled = {"sig": good["signatures"][0]["sig"], "keyid": "wrong", "cert": 1}
    envelope = good | {"signatures": [other, relabelled], "new": {"field": 1}}
    assert certificate.verify(envelope, KEY.public_key(), now=NOW)["predicate"]["result"] == "PASSED"


@pytest.mark.truth("D6", "a certificate names its key as the verifiers of in-toto derive it")
def test_the_key_id_is_the_one_that_in_toto_derives() -> None:
    """That of a key which is given by its 32 bytes; the digest was taken over the JSON as it stands here."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
    described = b'{"keytype":"ed25519","keyval":{"public":"%s"},"scheme":"ed25519"}' % public.encode()
    (signature,) = dsse.seal("x", b"", key)["signatures"]
    assert signature["keyid"] == hashlib.sha256(described).hexdigest()


def test_a_certificate_under_the_former_key_id_still_verifies(sample: Sample) -> None:
    envelope = issued(sample("accepted"))
    der = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    envelope["signatures"][0]["keyid"] = f"sha256:{hashlib.sha256(der).hexdigest()}"
    assert certificate.verify(envelope, KEY.public_key(), now=NOW)["predicate"]["result"] == "PASSED"


def test_unknown_fields_of_the_statement_are_kept_and_harmless(sample: Sample) -> None:
    unsigned = _payload(issued(sample("accepted")), lambda s: s["predicate"].update(future=[1]))
    envelope = dsse.seal(certificate.PAYLOAD_TYPE, base64.b64decode(unsigned["payload"]), KEY)
    assert certificate.verify(envelope, KEY.public_key(), now=NOW)["predicate"]["future"] == [1]


@pytest.mark.parametrize("junk", [None, [], {}, {"signatures": 3}, {"payloadType": certificate.PAYLOAD_TYPE,
    "signatures": [], "payload": "%%"}])  # fmt: skip
def test_junk_is_no_certificate(junk: Any) -> None:
    with pytest.raises(NotACertificate):
        certificate.verify(junk, KEY.public_key())


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"_type": "https://in-toto.io/Statement/v1"}', b"\xff{"])
def test_something_else_signed_by_our_key_is_no_certificate(content: bytes) -> None:
    with pytest.raises(NotACertificate):
        certificate.verify(dsse.seal(certificate.PAYLOAD_TYPE, content, KEY), KEY.public_key())


def test_a_certificate_ends(sample: Sample) -> None:
    with pytest.raises(Expired):
        certificate.verify(issued(sample("accepted")), KEY.public_key(), now=NOW + timedelta(days=366))


def test_the_key_is_private_made_once_and_its_public_half_verifies(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "certificate.pem"
    key = load_or_create_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_key(path).private_bytes_raw() == key.private_bytes_raw()
    artifact = write_certificate(sample("accepted"), key, tmp_path)
    envelope = certificate.read(Path(artifact.path))
    assert certificate.verify(envelope, load_public_key(public_path(path)))["subject"][0]["name"] == "compute-01"
    assert sorted(p.name for p in path.parent.iterdir()) == ["certificate.pem", "certificate.pub"]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pem"
    load_or_create_key(path)
    os.chmod(path, 0o644)
    with pytest.raises(KeyProblem, match="read by others"):
        load_or_create_key(path)


def test_a_file_that_is_no_key_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pem"
    path.touch(0o600)
    with pytest.raises(KeyProblem, match="not a private key"):
        load_or_create_key(path)
    assert path.read_bytes() == b""
    with pytest.raises(KeyProblem, match="not a public key"):
        load_public_key(path)


def test_level_limits_measurements_and_what_was_left_out_are_bound(sample: Sample) -> None:
    dossier = sample("accepted")
    details = certificate.verify(issued(dossier), KEY.public_key(), now=NOW)["predicate"]["metalctl"]
    assert details["levels"]
    asked = {(c["check"], c["part"]) for c in details["checks"]}
    left = {(c["check"], c["part"]) for c in details["skipped"]}
    every = {(r.check, r.part) for run in dossier.runs for r in run.results}
    assert asked | left == every
    assert any(m["at_least"] or m["at_most"] for c in details["checks"] for m in c["measurements"])


def test_the_evidence_is_bound_by_its_bytes(sample: Sample, tmp_path: Path) -> None:
    dossier = sample("accepted")
    statement = certificate.verify(issued(dossier), KEY.public_key(), now=NOW)
    file = Path(write_evidence(dossier, tmp_path).path)
    bound = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}["compute-01/evidence"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == bound
    other = replace(dossier, runs=dossier.runs[1:])
    assert hashlib.sha256(certificate.evidence_of(other)).hexdigest() != bound


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: replace(d, findings=(), stages=tuple(replace(r, findings=()) for r in d.stages)), "asks nothing"),
        (lambda d: replace(d, runs=tuple(r for r in d.runs if r.kind != "burn-in")), "no check of the burn-in"),
        (
            lambda d: replace(
                d, **{k: replace(getattr(d, k), disks=()) for k in ("in_band", "installed") if getattr(d, k)}
            ),
            "no disk of the machine is known",
        ),
    ],
)
def test_a_certificate_that_would_rest_on_too_little_is_refused_by_name(
    sample: Sample, change: Callable[[Dossier], Dossier], says: str
) -> None:
    with pytest.raises(NotCertifiable) as refused:
        issued(change(sample("accepted")))
    assert says in refused.value.message


def test_a_lost_signing_key_is_told_and_not_replaced_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pem"
    load_or_create_key(path)
    path.unlink()
    with pytest.raises(KeyProblem, match="is gone") as told:
        load_or_create_key(path)
    assert "rotate-key" in told.value.hint
    assert not path.exists()


def test_a_rotated_key_signs_and_both_public_halves_are_published(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "certificate.pem"
    before = certificate.issue(sample("accepted"), load_or_create_key(path), now=NOW)
    old, new = rotate(path)
    after = certificate.issue(sample("accepted"), load_or_create_key(path), now=NOW)
    assert old != new
    keys = [load_public_key(p) for p in published(path)]
    assert len(keys) == 2
    for envelope, key in ((after, keys[0]), (before, keys[1])):
        certificate.verify(envelope, key, now=NOW)
    with pytest.raises(BadSignature):
        certificate.verify(before, keys[0], now=NOW)
