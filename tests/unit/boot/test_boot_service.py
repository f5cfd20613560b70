"""The HTTP boot service, route by route."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from metalctl.boot.artifacts import Artifacts
from metalctl.boot.errors import BadScriptValue, BootError
from metalctl.boot.memory import Machine, Memory
from metalctl.boot.service import LONGEST_REPORT, app
from metalctl.boot.transfers import Transfer

MAC = "52:54:00:aa:00:01"
KEY = "ssh-ed25519 AAAA test"


@dataclass
class Ramdisk:
    kernel: Path
    initrd: Path
    squashfs: Path
    hash: str = "f00d"


class World:
    """A service, its directory, and what it counted."""

    def __init__(self, folder: Path) -> None:
        self.memory, self.artifacts, self.transfers = Memory(), Artifacts(), list[Transfer]()
        self.memory.add(Machine("n1", (MAC,), action="ramdisk", authorized_keys=(KEY,)))
        for name in ("kernel", "initrd", "filesystem.squashfs", "disk.raw.zst", "manifest.json", "secret"):
            (folder / name).write_bytes(f"{name} ".encode() * 1000)
        self.folder = folder
        self.ramdisk = Ramdisk(folder / "kernel", folder / "initrd", folder / "filesystem.squashfs")
        self.artifacts.offer_ramdisk(self.ramdisk)
        self.artifacts.offer_image("debian-12", "beef", folder)
        service = app(self.memory, self.artifacts, base_url="http://10.0.0.1:8080/", on_transfer=self.transfers.append)
        self.client = TestClient(service, follow_redirects=False)

    def script(self, mac: str = MAC, **more: str) -> str:
        reply = self.client.get("/ipxe", params={"mac": mac, "platform": "efi", **more})
        assert reply.status_code == 200
        assert reply.headers["cache-control"] == "no-store"
        return reply.text

    def token(self) -> str:
        return self.script().partition("metalctl.token=")[2].split()[0]

    def report(self, token: str, **changed: Any) -> dict[str, Any]:
        return {"token": token, "node": "n1", "kind": "ramdisk", "boot_id": "b1", "macs": [MAC.upper()],
                "ssh_host_keys": ["ssh-ed25519 HOST"]} | changed  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_first_script_makes_the_loader_say_who_it_is(world: World) -> None:
    text = world.client.get("/ipxe").text
    assert "chain --replace --autofree http://10.0.0.1:8080/ipxe?mac=${netX/mac}&" in text
    assert "uuid=${uuid}&platform=${platform}" in text
    assert world.memory.sightings == []


def test_the_script_follows_the_state_and_each_boot_gets_a_fresh_token(world: World) -> None:
    assert world.token() != world.token()
    world.memory.act("n1", "local")
    text = world.script()
    assert "kernel" not in text
    assert "metalctl.token" not in text
    assert world.memory.sightings == [(MAC, "boot script: ramdisk (efi)")] * 2 + [(MAC, "boot script: local (efi)")]


def test_an_unknown_machine_is_noted_and_never_gets_a_kernel(world: World) -> None:
    text = world.script("52:54:00:00:00:99")
    assert "does not know this machine" in text
    assert "kernel " not in text
    assert world.memory.sightings == [("52:54:00:00:00:99", "boot script: unknown (efi)")]


def test_a_node_is_known_by_its_uuid_when_the_mac_is_new(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.memory.add(Machine("n2", (), "1b345678-1234-1234-1234-123456789abc", "ramdisk"))
    assert "metalctl.node=n2" in world.script("52:54:00:00:00:99", uuid="1B345678-1234-1234-1234-123456789ABC")


def test_a_head_request_does_not_use_up_the_token(world: World) -> None:
    token = world.token()
    assert world.client.head("/ipxe", params={"mac": MAC}).status_code == 200
    assert world.client.post("/phone-home", json=world.report(token)).status_code == 200


def test_a_node_that_cannot_be_put_into_a_script_boots_from_disk(world: World) -> None:
    world.memory.add(Machine("n1", (MAC,), action="ramdisk", options=("a\nb",)))
    text = world.script()
    assert "kernel " not in text
    assert "sanboot" in text


def test_a_mac_that_is_none_is_a_bad_request(world: World) -> None:
    assert world.client.get("/ipxe", params={"mac": "<script>"}).status_code == 400


def test_files_come_whole_and_in_ranges(world: World) -> None:
    whole = (world.folder / "disk.raw.zst").read_bytes()
    url = "/files/image/debian-12/beef/disk.raw.zst"
    reply = world.client.get(url)
    assert reply.content == whole
    assert reply.headers["accept-ranges"] == "bytes"
    part = world.client.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert world.client.get(url, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    assert world.client.get("/files/ramdisk/f00d/filesystem.squashfs").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/files/secret",
        "/files/ramdisk/f00d/secret",
        "/files/ramdisk/f00d/../f00d/secret",
        "/files/ramdisk/f00d/%2e%2e/%2e%2e/secret",
        "/files/image/debian-12/beef/..%2fsecret",
        "/files//etc/passwd",
        "/files/%2fetc%2fpasswd",
        "/files/ramdisk/f00d",
        "/files/",
    ],
)
def test_what_is_not_in_the_table_does_not_exist(world: World, path: str) -> None:
    assert world.client.get(path).status_code == 404


def test_a_file_that_vanished_is_not_found_and_breaks_nothing(world: World) -> None:
    (world.folder / "kernel").unlink()
    assert world.client.get("/files/ramdisk/f00d/kernel").status_code == 404
    with pytest.raises(BootError, match="kernel is not there"):
        world.artifacts.offer_ramdisk(world.ramdisk)


def test_artifact_names_stay_below_their_folder(world: World) -> None:
    for version in ("..", "a/b", ""):
        with pytest.raises(BadScriptValue):
            world.artifacts.offer_image("debian-12", version, world.folder)


def test_a_phone_home_is_welcomed_and_repeated(world: World) -> None:
    told = world.report(world.token())
    for _ in range(2):
        reply = world.client.post("/phone-home", json=told)
        assert reply.status_code == 200
        assert reply.json() == {"authorized_keys": [KEY], "hostname": "n1", "time": 0.0}
    heard = world.memory.reports[0]
    assert heard.macs == (MAC,)
    assert heard.address == "testclient"
    assert (MAC, "phone-home: ramdisk") in world.memory.sightings


def test_an_installed_system_tells_its_root_disk(world: World) -> None:
    disk = {"name": "vda", "serial": "S1", "wwn": ""}
    told = world.report(world.memory.token("n1", "installed"), kind="installed", root_disk=disk, root_disk_serial="S1")
    assert world.client.post("/phone-home", json=told).status_code == 200
    assert world.memory.reports[0].extra == {
        "root_disk.name": "vda", "root_disk.serial": "S1", "root_disk.wwn": "", "peer": "testclient"
    }  # fmt: skip


def test_a_second_machine_with_the_same_token_is_refused(world: World) -> None:
    token = world.token()
    world.client.post("/phone-home", json=world.report(token))
    reply = world.client.post("/phone-home", json=world.report(token, boot_id="b2"))
    assert (reply.status_code, reply.json()["error"]) == (403, "spent")
    assert "authorized_keys" not in reply.json()


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b"[" * 60000, b'{"token": "x"}', b'{"node": 5}'],
    ids=["empty", "cut", "list", "null", "binary", "deep", "incomplete", "type"],
)
def test_a_malformed_phone_home_is_a_bad_request(world: World, body: bytes) -> None:
    reply = world.client.post("/phone-home", content=body)
    assert (reply.status_code, reply.json()["error"]) == (400, "malformed")


def test_an_unknown_field_is_named(world: World) -> None:
    reply = world.client.post("/phone-home", json=world.report("t", colour="blue"))
    assert reply.status_code == 400
    assert "colour" in reply.json()["message"]


def test_a_long_body_is_cut_short(world: World) -> None:
    reply = world.client.post("/phone-home", content=b" " * (LONGEST_REPORT + 1))
    assert reply.status_code == 413


def test_no_token_is_ever_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = world.token()
    world.client.get(f"/ipxe?mac={MAC}&token={token}")
    world.client.post("/phone-home", json=world.report(token, node=7))
    world.client.post("/phone-home", json=world.report(token, ssh_host_keys=token))
    world.client.post("/phone-home", json=world.report(token, boot_id={"x": token}))
    world.client.post("/phone-home", json=world.report("guess" + token))
    world.client.post("/phone-home", json=world.report(token))
    told = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("metalctl"))
    assert "POST /phone-home" in told
    assert "GET /ipxe 200" in told
    assert token not in told


def test_bytes_are_counted(world: World) -> None:
    size = (world.folder / "kernel").stat().st_size
    world.client.get("/files/ramdisk/f00d/kernel")
    world.client.get("/files/ramdisk/f00d/kernel", headers={"Range": "bytes=0-9"})
    assert [(t.path, t.status, t.sent, t.complete) for t in world.transfers] == [
        ("/files/ramdisk/f00d/kernel", 200, size, True),
        ("/files/ramdisk/f00d/kernel", 206, 10, True),
    ]


def test_health_says_which_ramdisk_is_served(world: World) -> None:
    assert json.loads(world.client.get("/healthz").text) == {"status": "ok", "ramdisk": "/files/ramdisk/f00d"}


def test_nothing_else_is_there(world: World) -> None:
    assert world.client.get("/").status_code == 404
    assert world.client.get("/phone-home").status_code == 405
    assert world.client.post("/ipxe").status_code == 405
