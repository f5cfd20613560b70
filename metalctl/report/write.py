"""Writing reports: each file atomically, each as an `Artifact` with its digest. Writing twice gives the same files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from textwrap import indent
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from metalctl.model.codec import DecodeError, decode, encode
from metalctl.model.cohort import Cohort
from metalctl.model.dossier import Artifact, Dossier
from metalctl.model.errors import why_unreadable
from metalctl.report import certificate, junit, page
from metalctl.report.clean import slug
from metalctl.report.errors import BadDossier
from metalctl.report.files import put, putting

_PAGES = (".html", ".junit.xml", ".json")


def set_aside(node: str, directory: Path, mark: str) -> None:
    """Keep what `write_node` wrote before as NODE.MARK.html and so on, unless there is such a file already."""
    for suffix in _PAGES:
        old, kept = (directory / f"{slug(node)}{more}{suffix}" for more in ("", f".{mark}"))
        if old.exists() and not kept.exists():
            old.rename(kept)


def write_node(dossier: Dossier, directory: Path, cohorts: Iterable[Cohort] = ()) -> list[Artifact]:
    """NODE.html, NODE.junit.xml and NODE.json in that directory; kinds "report", "junit", "dossier".

    cohorts: among which the page shows the node's measurements.
    """
    name = slug(dossier.node)
    return [
        put(directory / f"{name}.html", page.node(dossier, cohorts=cohorts), "report"),
        put(directory / f"{name}.junit.xml", junit.render([dossier]), "junit"),
        put(directory / f"{name}.json", _json(encode(dossier)), "dossier"),
    ]


def write_batch(dossiers: Iterable[Dossier], directory: Path, *, pages: bool = True) -> list[Artifact]:
    """index.html, batch.junit.xml, batch.json, and with `pages` the files of every node that the index links to.

    One dossier is held at a time: a thousand of them are more than a gigabyte.
    """
    files: list[Artifact] = []
    index, suites = page.Batch(), junit.Suites()
    with putting(directory / "batch.json", "dossier") as (out, written):
        for number, dossier in enumerate(dossiers):
            files += write_node(dossier, directory) if pages else []
            index.add(dossier)
            suites.add(dossier)
            out.write(f"{',' if number else _HEAD}\n{indent(_json(encode(dossier)).rstrip(), '  ')}".encode())
        out.write(f"{_TAIL if index.rows else _NOBODY}\n".encode())
    return [
        put(directory / "index.html", index.render(), "report"),
        put(directory / "batch.junit.xml", suites.render(), "junit"),
        *written,
        *files,
    ]


_HEAD, _TAIL, _NOBODY = '{\n "dossiers": [', "\n ]\n}", '{"dossiers": []}'


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
            f"{path}: {why_unreadable(error)}", hint="give a NODE.json or batch.json that `metalctl report` wrote"
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
