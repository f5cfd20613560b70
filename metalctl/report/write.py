"""Writing reports: each file atomically, each as an `Artifact` with its digest. Writing twice gives the same files."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from metalctl.model.codec import DecodeError, decode, encode
from metalctl.model.dossier import Artifact, Dossier
from metalctl.report import certificate, junit, page
from metalctl.report.clean import slug
from metalctl.report.errors import BadDossier
from metalctl.report.files import put


def write_node(dossier: Dossier, directory: Path) -> list[Artifact]:
    """NODE.html, NODE.junit.xml and NODE.json in that directory; kinds "report", "junit", "dossier"."""
    name = slug(dossier.node)
    return [
        put(directory / f"{name}.html", page.node(dossier), "report"),
        put(directory / f"{name}.junit.xml", junit.render([dossier]), "junit"),
        put(directory / f"{name}.json", _json(encode(dossier)), "dossier"),
    ]


def write_batch(dossiers: Sequence[Dossier], directory: Path) -> list[Artifact]:
    """index.html, batch.junit.xml, batch.json, and the files of every node that the index links to."""
    files = [artifact for dossier in dossiers for artifact in write_node(dossier, directory)]
    return [
        put(directory / "index.html", page.batch(dossiers), "report"),
        put(directory / "batch.junit.xml", junit.render(dossiers), "junit"),
        put(directory / "batch.json", _json({"dossiers": encode(list(dossiers))}), "dossier"),
        *files,
    ]


def write_certificate(dossier: Dossier, key: Ed25519PrivateKey, directory: Path) -> Artifact:
    """NODE.certificate.json; NotCertifiable leaves nothing behind. kind "certificate"."""
    path = directory / f"{slug(dossier.node)}.certificate.json"
    return certificate.write(certificate.issue(dossier, key), path)


def write_evidence(dossier: Dossier, directory: Path) -> Artifact:
    """NODE.evidence.json: what the certificate binds by its hash, byte by byte. kind "evidence"."""
    return put(directory / f"{slug(dossier.node)}.evidence.json", certificate.evidence_of(dossier).decode(), "evidence")


def read_dossiers(path: Path) -> list[Dossier]:
    """The dossiers of a NODE.json or batch.json as written here; BadDossier says what is wrong with the file."""
    try:
        data = json.loads(path.read_bytes())
        many = data["dossiers"] if isinstance(data, dict) and "dossiers" in data else [data]
        return [decode(Dossier, _revived(one)) for one in many]
    except OSError as error:
        raise BadDossier(
            f"{path}: {error.strerror}", hint="give a NODE.json or batch.json that `metalctl report` wrote"
        ) from error
    except (ValueError, TypeError, DecodeError) as error:
        raise BadDossier(
            f"{path}: {error}", hint="give a NODE.json or batch.json that `metalctl report` wrote"
        ) from error


def _json(value: Any) -> str:
    return json.dumps(_finite(value), indent=1, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    # JSON has no NaN; a measurement that is none becomes null, and NaN again when it is read.
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _revived(value: Any) -> Any:
    if isinstance(value, list):
        return [_revived(v) for v in value]
    if not isinstance(value, dict):
        return value
    if "at_least" in value and value.get("value", 0) is None:
        value = value | {"value": math.nan}
    return {k: _revived(v) for k, v in value.items()}
