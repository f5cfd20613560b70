"""The stream of an image: what a node reads out of it is the disk, bit by bit."""

import hashlib
import os
import random
import subprocess

import pytest

from metalctl.boot.build import blocks, stream

SIZE = 6 << 20


@pytest.fixture
def image(tmp_path):
    """A sparse disk with data at the start, across a chunk border and in the last granule."""
    path = tmp_path / "disk.raw"
    chance = random.Random(7)
    with path.open("wb") as out:
        for offset, length in ((0, 5000), ((4 << 20) - 100, 200), (SIZE - 10, 10)):
            out.seek(offset)
            out.write(chance.randbytes(length))
    return path


@pytest.fixture
def packed(image, tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "FRAME", 128 << 10)
    wanted = blocks.split(stream.data_ranges(image))
    return wanted, stream.write(image, wanted, tmp_path / "disk.raw.zst")


def unpack(data):
    return subprocess.run(["zstd", "-dc"], input=data, check=True, capture_output=True).stdout


def test_the_whole_stream_rebuilds_the_disk(image, packed, tmp_path):
    wanted, _ = packed
    raw = unpack((tmp_path / "disk.raw.zst").read_bytes())
    rebuilt = bytearray(SIZE)
    for offset, length in wanted:
        rebuilt[offset : offset + length], raw = raw[:length], raw[length:]
    assert not raw
    assert bytes(rebuilt) == image.read_bytes()


def test_each_frame_alone_gives_its_blocks_with_their_digests(image, packed, tmp_path):
    wanted, facts = packed
    whole = (tmp_path / "disk.raw.zst").read_bytes()
    assert len(facts.frames) > 1
    for start, length, first, count in facts.frames:
        raw = unpack(whole[start : start + length])
        for number in range(first, first + count):
            piece, raw = raw[: wanted[number][1]], raw[wanted[number][1] :]
            assert hashlib.new(stream.DIGEST, piece).hexdigest() == facts.digests[number]
        assert not raw


def test_hashes_and_size_are_those_of_the_files(image, packed, tmp_path):
    _, facts = packed
    whole = (tmp_path / "disk.raw.zst").read_bytes()
    assert facts.size == len(whole)
    assert facts.sha256 == hashlib.sha256(whole).hexdigest()
    assert facts.disk_sha256 == hashlib.sha256(image.read_bytes()).hexdigest()


def test_a_file_that_ends_in_a_hole_has_no_data_there(tmp_path):
    path = tmp_path / "disk.raw"
    path.write_bytes(b"\1" * 4096)
    os.truncate(path, SIZE)
    assert stream.data_ranges(path) == [(0, blocks.GRANULE)]
