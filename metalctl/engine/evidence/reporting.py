"""Pages and certificates of enrollments, written to the state directory and recorded as artifacts."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from metalctl import report
from metalctl.engine.evidence.cohorts import of_node
from metalctl.engine.evidence.dossiers import gather
from metalctl.engine.state import StateDir
from metalctl.model.dossier import Artifact, Dossier
from metalctl.report import certificate
from metalctl.store import enrollments, evidence


def dossier(database: Engine, enrollment: str) -> Dossier:
    """The dossier of one enrollment."""
    with database.connect() as connection:
        return gather(connection, enrollments.get(connection, enrollment))


def write_node(database: Engine, state: StateDir, enrollment: str) -> list[Artifact]:
    """The pages of one node, from what is known now; those of an earlier attempt are kept as NAME.attempt-N.html."""
    with database.connect() as connection:
        found = gather(connection, enrollments.get(connection, enrollment))
        alike = of_node(connection, found.node, found.profile)
    folder = state.reports(found.batch)
    folder.mkdir(parents=True, exist_ok=True)
    with database.connect() as connection:
        before = enrollments.reported(connection, enrollment)
    if before:
        report.set_aside(found.node, folder, f"attempt-{before}")
    written = report.write_node(found, folder, alike)
    with database.begin() as connection:
        evidence.set_artifacts(connection, enrollment, written)
    return written


def write_batch(database: Engine, state: StateDir, batch: str) -> list[Artifact]:
    """The page of a batch. Those of its nodes were written when they ended, and stay as they are."""
    folder = state.reports(batch)
    folder.mkdir(parents=True, exist_ok=True)
    with database.connect() as connection:
        members = enrollments.listing(connection, batch)
        return report.write_batch((gather(connection, e) for e in members), folder, pages=False)


def signing_key(state: StateDir) -> Path:
    """Where the signing key of this provisioner is; its public half lies beside it."""
    return state.keys / "certificate.pem"


def certify(database: Engine, state: StateDir, enrollment: str) -> tuple[Artifact, dict[str, object]]:
    """Issue the certificate, write it, read it back from the disk and verify it: (artifact, verified payload)."""
    found = dossier(database, enrollment)
    key = certificate.load_or_create_key(signing_key(state))
    folder = state.reports(found.batch)
    folder.mkdir(parents=True, exist_ok=True)
    artifact = report.write_certificate(found, key, folder)
    evidence_file = report.write_evidence(found, folder)
    payload = certificate.verify(certificate.read(Path(artifact.path)), key.public_key())
    with database.begin() as connection:
        evidence.set_artifacts(connection, enrollment, [artifact, evidence_file])
    return artifact, payload
