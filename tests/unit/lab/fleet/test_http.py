"""ETags, $expand, pages, latency, pipelines: what goes over the wire."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest

SYSTEM = "/redfish/v1/Systems/Node-0"
MEMORY = f"{SYSTEM}/Memory"


def test_an_unchanged_resource_is_304_and_a_changed_one_has_another_etag(start):
    client = start().client()
    etag = client.get(SYSTEM).headers["etag"]
    again = client.get(SYSTEM, If_None_Match=etag)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    client.send("PATCH", SYSTEM, {"AssetTag": "R1U7"})
    changed = client.get(SYSTEM, If_None_Match=etag)
    assert changed.status == 200
    assert changed.headers["etag"] != etag
    assert changed.json()["@odata.etag"] == changed.headers["etag"]
    assert client.get(SYSTEM, If_None_Match=changed.headers["etag"]).status == 304
    client.send("PATCH", SYSTEM, {"AssetTag": "R1U8"})
    assert client.get(SYSTEM).headers["etag"] not in (etag, changed.headers["etag"])


def test_a_change_under_an_old_etag_is_412_and_changes_nothing(start):
    client = start().client()
    etag = client.get(SYSTEM).headers["etag"]
    assert client.send("PATCH", SYSTEM, {"AssetTag": "A"}, If_Match=etag).status == 200
    assert client.send("PATCH", SYSTEM, {"AssetTag": "B"}, If_Match=etag).status == 412
    assert client.get(SYSTEM).json()["AssetTag"] == "A"
    assert client.send("PATCH", SYSTEM, {"AssetTag": "C"}, If_Match="*").status == 200


def test_an_expanded_collection_holds_the_members_and_its_etag_moves_with_any_of_them(start):
    client = start().client()
    drives = "/redfish/v1/Chassis/Tray-0/Drives"
    plain, full = client.get(drives), client.get(f"{drives}?$expand=.($levels=1)")
    assert all(set(member) == {"@odata.id"} for member in plain.json()["Members"])
    assert [m["@odata.id"] for m in full.json()["Members"]] == [m["@odata.id"] for m in plain.json()["Members"]]
    one = full.json()["Members"][0]
    assert one == client.get(one["@odata.id"]).json()
    etag = full.headers["etag"]
    assert client.get(f"{drives}?$expand=.($levels=1)", If_None_Match=etag).status == 304
    client.send("PATCH", one["@odata.id"], {"LocationIndicatorActive": True})
    changed = client.get(f"{drives}?$expand=.($levels=1)", If_None_Match=etag)
    assert changed.status == 200
    assert changed.json()["Members"][0]["LocationIndicatorActive"] is True


def test_links_are_followed_by_star_and_tilde_only(start):
    client = start().client()
    chassis = "/redfish/v1/Chassis/Tray-0"
    dot, star, tilde = (client.get(f"{chassis}?$expand={mode}").json() for mode in (".", "*", "~"))
    assert ("Members" in dot["Sensors"], "Id" in dot["Links"]["ComputerSystems"][0]) == (True, False)
    assert ("Members" in star["Sensors"], "Id" in star["Links"]["ComputerSystems"][0]) == (True, True)
    assert ("Members" in tilde["Sensors"], "Id" in tilde["Links"]["ComputerSystems"][0]) == (False, True)


def test_two_levels_reach_the_members_members_and_more_than_advertised_is_refused(start):
    client = start().client()
    two = client.get(f"{SYSTEM}?$expand=.($levels=2)").json()
    assert two["Memory"]["Members"][0]["MemoryDeviceType"] == "DDR5"
    assert client.get(f"{SYSTEM}?$expand=.($levels=3)").status == 400
    assert client.get(f"{SYSTEM}?$expand=everything").status == 400


def test_percent_encoded_expand_is_the_same(start):
    client = start().client()
    assert (
        client.get(f"{MEMORY}?%24expand=.%28%24levels%3D1%29").body == client.get(f"{MEMORY}?$expand=.($levels=1)").body
    )


def test_without_expand_the_members_are_links(start):
    client = start(expand=False).client()
    assert set(client.get(f"{MEMORY}?$expand=*").json()["Members"][0]) == {"@odata.id"}


def test_pages_follow_each_other_to_the_end(start):
    client = start().client()
    found, path = [], f"{MEMORY}?$top=10"
    while path:
        page = client.get(path).json()
        assert len(page["Members"]) <= 10
        found += [m["@odata.id"] for m in page["Members"]]
        path = page.get("Members@odata.nextLink")
    assert found == [m["@odata.id"] for m in client.get(MEMORY).json()["Members"]]


def test_latency_is_waited_and_many_wait_at_once(start):
    fleet = start(latency=0.5)
    place = (fleet.fleet.bmcs[0].address, fleet.fleet.port)
    with contextlib.ExitStack() as stack:
        several = [stack.enter_context(socket.create_connection(place, 60)) for _ in range(20)]
        begun = time.monotonic()
        for one in several:
            one.sendall(b"GET /redfish/v1 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert [one.recv(12) for one in several] == [b"HTTP/1.1 200"] * 20
    assert time.monotonic() - begun >= 0.5
    assert fleet.fleet.statistics.most_in_flight > 1, "one after the other there is never more than one"


def test_requests_sent_in_one_go_are_answered_in_order(start):
    fleet = start(latency=0.02)
    asked = (b"/redfish/v1", b"/redfish", b"/redfish/v1/Nothing")
    with socket.create_connection((fleet.fleet.bmcs[0].address, fleet.fleet.port), 60) as raw:
        raw.sendall(b"".join(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in asked[:2]))
        raw.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % asked[2])
        text = b""
        while got := raw.recv(65536):
            text += got
    assert [part[:3] for part in text.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200", b"401"]


def test_a_body_in_pieces_is_waited_for(start):
    fleet = start()
    body = b'{"UserName": "admin", "Password": "password"}'
    head = (
        b"POST /redfish/v1/SessionService/Sessions HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        % len(body)
    )
    with socket.create_connection((fleet.fleet.bmcs[0].address, fleet.fleet.port), 60) as raw:
        for piece in (head[:30], head[30:], body[:10], body[10:]):
            raw.sendall(piece)
            time.sleep(0.03)
        assert raw.recv(100).startswith(b"HTTP/1.1 201")


@pytest.mark.parametrize("line", [b"nonsense\r\n\r\n", b"GET /x SPDY/9\r\n\r\n", b"A" * 70_000])
def test_what_is_no_http_is_hung_up_on(start, line):
    fleet = start()
    place = (fleet.fleet.bmcs[0].address, fleet.fleet.port)
    # It may hang up while it is still being written to.
    with socket.create_connection(place, 60) as raw, contextlib.suppress(ConnectionResetError, BrokenPipeError):
        raw.sendall(line)
        assert raw.recv(100) == b""


def test_the_statistics_count_requests_and_how_many_were_in_flight(start):
    fleet = start(count=2)
    fleet.client(0).get(SYSTEM)
    client = fleet.client(1)
    client.get(SYSTEM)
    client.get(f"{SYSTEM}/Nothing")
    told = client.send("DELETE", "/.lab/statistics").json()
    assert (told["requests"], told["status"], told["most_in_flight"]) == (3, {"200": 2, "404": 1}, 1)
    assert client.get("/.lab/statistics").json()["requests"] == 0
    assert client.get("/.lab/bmc").json()["index"] == 1
