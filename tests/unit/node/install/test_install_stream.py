"""A stream that breaks, ends early or lies: what is the server's fault is not the disk's."""

from __future__ import annotations

import shutil

import pytest

from tests.unit.node.install.conftest import Bench, assert_holds_image, final, notes

pytestmark = pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd is not installed")


def test_a_dropped_connection_is_resumed_where_it_broke(bench: Bench) -> None:
    bench.server.drops = 2
    code, entries = bench.install()
    assert code == 0
    assert "trying again" in notes(entries)
    assert_holds_image(bench)
    starts = {int(r.removeprefix("bytes=").split("-")[0]) for r in bench.server.requests}
    assert starts - {f[0] for f in bench.manifest["stream"]["frames"]}, "a resumed request starts inside a frame"


def test_a_busy_server_is_asked_again(bench: Bench) -> None:
    bench.server.fails = [503, 503]
    assert bench.install()[0] == 0


def test_a_server_that_is_gone_is_no_fault_of_the_disk(bench: Bench) -> None:
    code, entries = bench.install(bench.spec(base_url="http://127.0.0.1:9/files"))
    assert code == 3
    assert final(entries).event == "error"
    assert "gave up" in final(entries).data["message"]
    found = bench.record()
    assert found is not None
    assert found.state == "writing"


def test_an_image_that_is_gone_is_told_at_once(bench: Bench) -> None:
    bench.server.fails = [404] * 20
    code, entries = bench.install()
    assert code == 3
    assert "404" in final(entries).data["message"]


def test_a_server_without_ranges_is_refused(bench: Bench) -> None:
    bench.server.ranges = False
    code, entries = bench.install()
    assert code == 3
    assert "byte ranges" in final(entries).data["message"]


def test_a_stream_that_was_damaged_on_its_way_is_no_fault_of_the_disk(bench: Bench) -> None:
    frame = bench.manifest["stream"]["frames"][1]
    damaged = bytearray(bench.server.content)
    damaged[frame[0] + frame[1] // 2] ^= 0xFF
    bench.server.content = bytes(damaged)
    code, entries = bench.install()
    assert code == 3
    assert "damaged" in final(entries).data["message"]


def test_a_stream_that_never_matched_its_manifest_is_the_images_fault(bench: Bench) -> None:
    bench.manifest["blocks"][3][2] = "0" * 64
    code, entries = bench.install()
    assert code == 3
    assert "not what its manifest says" in final(entries).data["message"]
