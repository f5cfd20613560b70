"""A capture: everything that is linked, no secrets, serials replaced alike everywhere; and back again."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.bmc.capture.record import Capture, crawl, links, load, save
from metalctl.bmc.capture.scrub import GONE, Pseudonyms, without_secrets
from metalctl.bmc.errors import BadAnswer, BadCapture
from metalctl.lab.fleet.replay import Replay

ROOT = "/redfish/v1"
SERIAL, MAC, UUID = "CN7792194B00XY", "B0:7B:25:F8:08:FE", "4c4c4544-0035-3410-8050-c6c04f504731"


@dataclass
class Answer:
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def crawled(tree: dict[str, Any], broken: tuple[str, ...] = (), **options: Any) -> tuple[Capture, list[str]]:
    """What a crawl of this tree finds, and what it asked for."""
    asked: list[str] = []

    async def get(path: str) -> Answer:
        asked.append(path)
        if path.rstrip("/") in broken:
            raise BadAnswer(f"bmc answers HTTP 500 for {path}")
        return Answer(json.dumps(tree[path.rstrip("/")]).encode(), {"Allow": "GET, PATCH"})

    return asyncio.run(crawl(get, **options)), asked


def to(path: str) -> dict[str, str]:
    return {"@odata.id": path}


def test_every_linked_resource_is_read_once_and_a_circle_ends() -> None:
    tree = {
        ROOT: {"Systems": to(f"{ROOT}/Systems")},
        f"{ROOT}/Systems": {"Members": [to(f"{ROOT}/Systems/1"), to(f"{ROOT}/Systems/1#/Fans/0")]},
        f"{ROOT}/Systems/1": {"Self": to(f"{ROOT}/Systems/1"), "Up": [{"Deep": to(f"{ROOT}/")}]},
    }
    found, asked = crawled(tree)
    assert found.tree == tree
    assert sorted(asked) == [f"{ROOT}/", f"{ROOT}/Systems", f"{ROOT}/Systems/1"]
    assert found.allow[f"{ROOT}/Systems"] == "GET, PATCH"


def test_what_fails_is_left_out_with_its_reason_and_the_rest_is_there() -> None:
    tree = {ROOT: {"A": to(f"{ROOT}/A"), "B": to(f"{ROOT}/B")}, f"{ROOT}/B": {"Id": "B"}}
    found, _ = crawled(tree, broken=(f"{ROOT}/A",))
    assert set(found.tree) == {ROOT, f"{ROOT}/B"}
    assert found.left_out == {f"{ROOT}/A": f"bmc answers HTTP 500 for {ROOT}/A"}
    with pytest.raises(BadCapture, match="HTTP 500"):
        crawled(tree, broken=(ROOT,))


def test_schemas_registries_sessions_and_other_hosts_are_left_alone() -> None:
    away = ["https://192.0.2.1/redfish/v1/x", "//192.0.2.1/x", "/other", f"{ROOT}/../../etc", f"{ROOT}/%2e%2e/x"]
    left = [f"{ROOT}/{name}" for name in ("JsonSchemas", "Registries", "SessionService/Sessions/7", "$metadata")]
    found, asked = crawled({ROOT: {"x": [to(path) for path in [*away[1:], *left]]}})
    assert asked == [f"{ROOT}/"]
    assert found.left_out == {}


def test_a_bmc_without_end_is_cut_off_and_it_is_said() -> None:
    class Endless(dict[str, Any]):
        def __getitem__(self, path: str) -> Any:
            return {"next": [to(f"{path}/{n}") for n in range(3)]}

    found, asked = crawled(Endless(), most=50)
    assert len(asked) <= 50
    assert "more than 50" in found.left_out["…"]


def test_pages_of_a_collection_become_one() -> None:
    more = f"{ROOT}/Log?$skip=1"
    tree = {
        ROOT: {"Log": to(f"{ROOT}/Log")},
        f"{ROOT}/Log": {"Members": [to(f"{ROOT}/Log/1")], "Members@odata.nextLink": more},
        more: {"Members": [to(f"{ROOT}/Log/2")]},
        f"{ROOT}/Log/1": {"Id": "1"},
        f"{ROOT}/Log/2": {"Id": "2"},
    }
    found, _ = crawled(tree)
    assert found.tree[f"{ROOT}/Log"] == {"Members": [to(f"{ROOT}/Log/1"), to(f"{ROOT}/Log/2")]}
    assert f"{ROOT}/Log/2" in found.tree


@pytest.mark.parametrize(
    ("name", "value"),
    [("Password", "calvin"), ("SetupPassword", "x"), ("Users.2.SHA256PasswordSalt", "ab"), ("X-Auth-Token", "t"),
     ("LicenseKey", "AAAAA-BBBBB"), ("CertificateString", "MIIC"), ("SNMP.1.AgentCommunity", "public"),
     ("IPMILan.1.EncryptionKey", "00"), ("Key", "k"), ("Notes", "-----BEGIN CERTIFICATE-----\nMII"),
     ("PublicKeys", "ssh-ed25519 AAAA me"), ("LicenseString", "abc"), ("Secret", "s"), ("MD5v3Key", "x")],
)  # fmt: skip
def test_a_secret_is_replaced(name: str, value: str) -> None:
    assert without_secrets({"a": [{name: value}]}) == {"a": [{name: GONE}]}


@pytest.mark.parametrize(
    ("name", "value"),
    [("MaxPasswordLength", 40), ("PasswordChangeRequired", True), ("Password", None), ("UserName", "root"),
     ("Certificates", {"@odata.id": "/redfish/v1/C"}), ("Model", "Keyboard"), ("SerialNumber", SERIAL),
     ("Password", ""), ("MinPasswordLength", "8"), ("Image", "http://10.0.0.1/a.iso")],
)  # fmt: skip
def test_what_is_no_secret_stays(name: str, value: Any) -> None:
    assert without_secrets({name: value}) == {name: value}


def test_a_password_in_an_address_is_cut_out() -> None:
    assert without_secrets({"Image": "http://me:hunter2@10.0.0.1/a.iso"}) == {"Image": f"http://{GONE}@10.0.0.1/a.iso"}


def capture() -> Capture:
    system = f"{ROOT}/Systems/{SERIAL}"
    return Capture(
        {
            ROOT: {"Systems": to(system), "UUID": UUID},
            system: {
                "@odata.id": system,
                "SerialNumber": SERIAL,
                "UUID": UUID.upper(),
                "Password": "p",
                "Model": "R750",
            },
            f"{system}/Nic": {"MACAddress": MAC, "Id": "NIC-" + MAC.replace(":", ""), "Text": f"port {MAC.lower()} up"},
        },
        {system: "GET"},
        {f"{system}/Broken": f"{system}/Broken: HTTP 500"},
    )


def test_serials_are_replaced_alike_in_values_texts_and_paths_and_keep_their_shape() -> None:
    found = capture().scrubbed(serials=True)
    told = json.dumps([found.tree, found.allow, found.left_out])
    for secret in (SERIAL, MAC, MAC.replace(":", ""), UUID, '"p"'):
        assert secret.lower() not in told.lower()
    system = found.tree[ROOT]["Systems"]["@odata.id"]
    made = found.tree[system]["SerialNumber"]
    assert system == f"{ROOT}/Systems/{made}"
    assert [c.isdigit() for c in made] == [c.isdigit() for c in SERIAL]
    nic = found.tree[f"{system}/Nic"]
    assert nic["Id"] == "NIC-" + nic["MACAddress"].replace(":", "")
    assert nic["Text"] == f"port {nic['MACAddress'].lower()} up"
    assert found.tree[ROOT]["UUID"] == found.tree[system]["UUID"].lower()
    assert found.tree[system]["Model"] == "R750"
    assert list(found.allow) == [system]
    assert Pseudonyms([{"SerialNumber": SERIAL}]).text(SERIAL) != made, "nobody can turn it back by trying"


def test_without_asking_serials_stay_and_secrets_do_not() -> None:
    found = capture().scrubbed(serials=False)
    assert found.tree[f"{ROOT}/Systems/{SERIAL}"]["SerialNumber"] == SERIAL
    assert found.tree[f"{ROOT}/Systems/{SERIAL}"]["Password"] == GONE


def test_a_saved_capture_is_loaded_as_it_was_and_no_file_is_written_over(tmp_path: Path) -> None:
    file = tmp_path / "c.tar.gz"
    save(capture(), file, "c")
    found = load(file)
    assert (found.tree, found.allow, found.left_out) == (capture().tree, capture().allow, capture().left_out)
    with tarfile.open(file) as archive:
        assert f"c{ROOT}/Systems/{SERIAL}/index.json" in archive.getnames(), "the layout of published mockups"
        for member in archive.getmembers():
            stream, place = archive.extractfile(member), tmp_path / "out" / member.name
            assert stream
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(stream.read())
    assert load(tmp_path / "out").tree == found.tree
    with pytest.raises(BadCapture, match="cannot be written"):
        save(capture(), file, "c")


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b\x08\x00garbage"])
def test_what_is_no_capture_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.tar.gz"
    file.write_bytes(content)
    with pytest.raises(BadCapture):
        load(file)
    with pytest.raises(BadCapture):
        load(tmp_path / "none")
    empty = tmp_path / "empty.tar.gz"
    with tarfile.open(empty, "w:gz") as archive:
        member = tarfile.TarInfo("c/redfish/v1/index.json")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"{"))
    with pytest.raises(BadCapture):
        load(empty)


def test_links_are_taken_from_anywhere_without_fragments() -> None:
    assert links({"a": [{"b": to(f"{ROOT}/x#/y")}], "Oem": {"c": to(f"{ROOT}/z/")}}) in (
        [f"{ROOT}/x", f"{ROOT}/z"], [f"{ROOT}/z", f"{ROOT}/x"],
    )  # fmt: skip
    assert links([to("x"), {"@odata.id": 3}, "y"]) == []


def test_a_replayed_capture_records_as_itself(replay: Replay) -> None:
    with connect(parse_endpoint(replay.url), Credential("admin", "s3cret"), timeout=60) as bmc:
        found = bmc.record()  # type: ignore[attr-defined]
    assert found.tree == {path: replay.tree[path] for path in found.tree}
    assert len(found.tree) == len(replay.tree)
    assert not found.left_out
