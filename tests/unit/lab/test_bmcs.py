"""Certificates and credentials: pinned by what is on disk, readable by their owner only."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from metalctl.lab.rack import bmcs
from metalctl.lab.rack.paths import LabPaths


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_certificate_is_for_its_address_and_its_digest_is_of_it(tmp_path: Path) -> None:
    digest = bmcs.make_certificate(tmp_path, "ctl1", "172.31.1.11")
    certificate = x509.load_pem_x509_certificate((tmp_path / "cert.pem").read_bytes())
    assert certificate.fingerprint(hashes.SHA256()).hex() == digest
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["172.31.1.11"]
    assert mode(tmp_path / "key.pem") == 0o600


def test_two_bmcs_have_different_certificates(tmp_path: Path) -> None:
    homes = [tmp_path / "a", tmp_path / "b"]
    for home in homes:
        home.mkdir()
    assert len({bmcs.make_certificate(home, "x", "172.31.1.11") for home in homes}) == 2


def test_credentials_are_new_each_time_and_for_their_owner_only(tmp_path: Path) -> None:
    passwords = set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        paths = LabPaths(name, tmp_path / name)
        user, password = bmcs.make_credentials(paths)
        assert mode(paths.credentials) == 0o600
        assert json.loads(paths.credentials.read_text()) == {"lab-bmc": {"username": user, "password": password}}
        assert len(password) <= 16, "IPMI takes no longer one"
        passwords.add(password)
    assert len(passwords) == 2


def test_a_secret_is_not_written_over_a_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "secret").touch(0o644)
    with pytest.raises(FileExistsError):
        bmcs.write_secret(tmp_path / "secret", "x")
