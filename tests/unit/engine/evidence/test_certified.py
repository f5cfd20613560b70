"""A certificate is believed when it was read back from the disk and its signature holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from metalctl.engine.evidence import reporting
from metalctl.engine.pipeline.services import Services
from metalctl.model.dossier import Artifact
from metalctl.report import certificate, read_dossiers
from metalctl.report.errors import ReportError

DATA = Path(__file__).parents[2] / "report" / "data"


@pytest.fixture
def enrollment(services: Services, enrolled: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> str:
    """An enrollment whose dossier is that of an accepted node."""
    identifier = enrolled()
    accepted = replace(read_dossiers(DATA / "accepted.json")[0], node="n1", enrollment=identifier)
    monkeypatch.setattr(reporting, "dossier", lambda *_: accepted)
    return identifier


def test_a_certificate_is_written_and_verified_with_the_provisioners_key(services: Services, enrollment: str) -> None:
    artifact, statement = reporting.certify(services.database, services.settings.state, enrollment)
    key = certificate.load_public_key(reporting.signing_key(services.settings.state).with_suffix(".pub"))
    assert certificate.verify(certificate.read(Path(artifact.path)), key) == statement
    assert reporting.signing_key(services.settings.state).stat().st_mode & 0o077 == 0


def test_a_certificate_that_the_disk_returns_otherwise_is_an_error_and_no_artifact(
    services: Services, enrollment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = certificate.write

    def write(envelope: dict[str, object], path: Path) -> Artifact:
        changed = str(envelope["payload"])
        return real({**envelope, "payload": ("A" if changed[0] != "A" else "B") + changed[1:]}, path)

    monkeypatch.setattr(certificate, "write", write)
    with pytest.raises(ReportError):
        reporting.certify(services.database, services.settings.state, enrollment)
