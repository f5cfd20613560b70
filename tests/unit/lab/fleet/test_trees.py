"""What is served: our own trees, captures of real machines, and an identity of its own for each BMC."""

from __future__ import annotations

import io
import json
import re
import socket
import tarfile
from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit

import pytest

from metalctl.lab.bmc.library import Library
from metalctl.lab.bmc.query import parse_query
from metalctl.lab.fleet import BadCapture, Fleet, FleetError, FleetSettings, load_capture, load_tree, server, tree_names

SYSTEM = "/redfish/v1/Systems/Node-0"


def links(value):
    if isinstance(value, dict):
        if len(value) == 1 and "@odata.id" in value:
            yield value["@odata.id"]
        for inner in value.values():
            yield from links(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from links(inner)


def kinds(tree):
    found = {}
    for resource in tree.values():
        if str(resource.get("@odata.type", "")).startswith("#Drive."):
            kind = "nvme" if resource["Protocol"] == "NVMe" else resource["MediaType"].lower()
            found.setdefault(kind, []).append(resource["CapacityBytes"])
    return found


def test_there_is_a_tree_for_each_role():
    assert tree_names() == ("compute", "controller", "storage")
    with pytest.raises(BadCapture):
        load_tree("_build")


@pytest.mark.parametrize("name", ["compute", "controller", "storage"])
def test_every_link_of_a_tree_leads_somewhere_and_every_id_is_its_own(name):
    tree = load_tree(name)
    targets = {link.partition("#")[0] for resource in tree.values() for link in links(resource)}
    assert targets - tree.keys() == set()
    assert all(resource["@odata.id"] == path for path, resource in tree.items() if path != "/redfish")
    reached, todo = set(), ["/redfish/v1"]
    while todo:
        path = todo.pop().partition("#")[0]
        if path not in reached:
            reached.add(path)
            todo += links(tree[path])
    assert tree.keys() - reached == {"/redfish"}


@pytest.mark.parametrize(
    ("name", "cores", "gib", "drives"),
    [
        ("controller", 16, 128, {"ssd": (1, 200e9), "nvme": (2, 400e9)}),
        ("compute", 64, 512, {"ssd": (1, 200e9), "nvme": (1, 800e9)}),
        ("storage", 16, 64, {"hdd": (12, 4e12), "nvme": (2, 800e9), "ssd": (1, 200e9)}),
    ],
)
def test_a_tree_has_what_its_profile_wants(name, cores, gib, drives):
    tree = load_tree(name)
    sockets = [r for r in tree.values() if str(r.get("@odata.type")).startswith("#Processor.")]
    dimms = [r for r in tree.values() if str(r.get("@odata.type")).startswith("#Memory.") and r["CapacityMiB"]]
    assert sum(r["TotalCores"] for r in sockets) >= cores
    assert sum(r["CapacityMiB"] for r in dimms) >= gib * 1024
    assert sum(r["CapacityMiB"] for r in dimms) == tree[SYSTEM]["MemorySummary"]["TotalSystemMemoryGiB"] * 1024
    found = kinds(tree)
    for kind, (count, size) in drives.items():
        assert sum(s >= size for s in found[kind]) >= count, kind
    ports = [r for r in tree.values() if str(r.get("@odata.type")).startswith("#Port.")]
    assert sum(r["CurrentSpeedGbps"] >= 25 for r in ports) == 2
    serials = [r["SerialNumber"] for r in dimms]
    assert len(set(serials)) == len(serials)


@pytest.mark.parametrize("name", ["compute", "controller", "storage"])
def test_no_two_bmcs_share_a_serial_a_uuid_or_a_mac(name, unique):
    unique(Library(load_tree(name)).tokens)


def test_each_bmc_tells_its_own_identity_in_plain_and_expanded_answers_and_the_same_paths(start):
    fleet = start("storage", count=3)
    told = [fleet.client(i).get(SYSTEM).json() for i in range(3)]
    assert len({one["SerialNumber"] for one in told}) == len({one["UUID"] for one in told}) == 3
    nics = f"{SYSTEM}/EthernetInterfaces?$expand=.($levels=1)"
    macs = [m["MACAddress"] for i in range(3) for m in fleet.client(i).get(nics).json()["Members"]]
    assert len(set(macs)) == len(macs) == 12
    assert all(re.fullmatch(r"02(:[0-9A-F]{2}){5}", one) for one in macs)
    assert {one["@odata.id"] for one in told} == {SYSTEM}


def test_a_path_that_is_the_serial_keeps_its_words():
    """DMTF's mock-up calls the system by its serial number: links must not change."""
    path = "/redfish/v1/Systems/437XR1138R2"
    root = {"@odata.id": "/redfish/v1", "Systems": {"@odata.id": "/redfish/v1/Systems"}}
    tree = {
        "/redfish/v1": root,
        path: {"@odata.id": path, "SerialNumber": "437XR1138R2", "Note": "100 % of 437XR1138R2"},
    }
    library = Library(tree)
    template = library.template(path, parse_query(""))
    told = json.loads(template.fill([token.encode() for token in library.tokens.of(5)]))
    assert told["@odata.id"] == path
    assert told["SerialNumber"] != "437XR1138R2"
    assert told["Note"] == f"100 % of {told['SerialNumber']}"


def test_a_path_is_found_in_the_case_that_a_bmc_links_to_it(start):
    client = start().client()
    assert client.get(f"{SYSTEM.lower()}/bios").json()["Id"] == "Bios"


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"redfish/v1/index.json": "{}"},
        {"redfish/v1/index.json": '{"Systems": '},
        {"other/index.json": '{"Systems": {}}'},
    ],
)
def test_what_is_no_capture_is_refused_with_its_name(tmp_path, files):
    file = tmp_path / "broken.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    with pytest.raises(BadCapture, match=r"broken\.tar\.gz"):
        load_capture(file)
    (tmp_path / "text.tar.gz").write_text("no archive")
    with pytest.raises(BadCapture):
        load_capture(tmp_path / "text.tar.gz")


def test_a_directory_serves_as_well_as_an_archive(tmp_path):
    folder = tmp_path / "box/redfish/v1"
    folder.mkdir(parents=True)
    (folder / "index.json").write_text('{"Systems": {"@odata.id": "/redfish/v1/Systems"}}')
    assert list(load_capture(tmp_path)) == ["/redfish/v1"]


def test_a_thousand_bmcs_serve_and_none_has_a_tree_of_its_own(start):
    """Making a tree is what takes long; how long the start takes is measured by bench/bmc.py."""
    if (most := getrlimit(RLIMIT_NOFILE)[1]) != RLIM_INFINITY and most < 1500:
        pytest.skip(f"a process may have {most} descriptors only")
    fleet = start("storage", count=1000)
    assert {id(bmc.library) for bmc in fleet.fleet.bmcs} == {id(fleet.fleet.library)}
    assert not any(bmc._changed for bmc in fleet.fleet.bmcs)
    assert fleet.client(999).get(SYSTEM).status == 200


@pytest.mark.parametrize(("base", "count"), [("10.0.0.1", 1), ("127.255.255.250", 10), ("here", 1), ("127.0.0.1", 0)])
def test_nothing_but_loopback_is_served(base, count):
    with pytest.raises(FleetError):
        Fleet(load_tree("compute"), FleetSettings(base=base, count=count))


def test_a_port_that_is_free_on_one_address_only_is_not_taken_for_free(start, monkeypatch):
    with socket.socket() as other:
        other.bind(("127.78.0.2", 0))
        offered = [other.getsockname()[1]]
        free = server._free_port
        monkeypatch.setattr(server, "_free_port", lambda address: offered.pop() if offered else free(address))
        fleet = start(count=3)
        assert fleet.client(1).get(SYSTEM).status == 200
        assert (offered, fleet.fleet.port == other.getsockname()[1]) == ([], False)


def test_a_port_that_is_taken_is_told(start):
    first = start(base="127.78.0.1")
    with pytest.raises(FleetError, match=r"127\.78\.0\.1"):
        start(base="127.78.0.1", port=first.fleet.port)
