"""Certificates are read by the library of in-toto, which knows nothing of us."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from metalctl.model.dossier import Dossier
from metalctl.report import write_certificate
from metalctl.report.keys import load_or_create_key, load_public_key, public_path


@pytest.mark.truth("D6", "a certificate names its key as the verifiers of in-toto derive it")
def test_a_certificate_is_accepted_by_in_totos_own_verifier(sample: Callable[[str], Dossier], tmp_path: Path) -> None:
    """From the two files that a site hands over: the certificate and the public key."""
    written = tmp_path / "certificate.pem"
    artifact = write_certificate(sample("accepted"), load_or_create_key(written), tmp_path)
    key = SSlibKey.from_crypto(load_public_key(public_path(written)))
    stored = json.loads(Path(artifact.path).read_text())
    assert accepted(stored, key) == [key.keyid]
    forged = copy.deepcopy(stored)
    forged["payload"] = forged["payload"].swapcase()
    assert accepted(forged, key) == []


def accepted(envelope: dict[str, object], key: SSlibKey) -> list[str]:
    """The ids of the keys whose signature holds."""
    try:
        return list(Envelope.from_dict(copy.deepcopy(envelope)).verify([key], 1))
    except VerificationError:
        return []
