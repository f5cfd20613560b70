"""The block map: every byte of a disk is written, zeroed or free, and nothing is in two of them."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from metalctl.boot.build import blocks

KIB = 1024
SIZE = 4 << 20  # of the disks made here


@st.composite
def range_lists(draw, size=SIZE, step=4 * KIB):
    """Ascending, disjoint ranges on a disk."""
    cuts = sorted(draw(st.sets(st.integers(0, size // step), max_size=24)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return [(start * step, (end - start) * step) for start, end in pairs]


def covered(ranges):
    return {unit for offset, length in ranges for unit in range(offset // 4096, (offset + length) // 4096)}


def assert_ordered(ranges):
    for (offset, length), (after, _) in pairwise(ranges):
        assert length > 0
        assert offset + length <= after


@settings(deadline=None)
@given(range_lists(), range_lists())
def test_subtract_is_set_difference(ranges, holes):
    left = blocks.subtract(ranges, holes)
    assert_ordered(left)
    assert covered(left) == covered(ranges) - covered(holes)


@settings(deadline=None)
@given(range_lists(), st.integers(1, 64).map(lambda n: n * 4096))
def test_split_keeps_every_byte_under_the_limit_and_never_crosses_the_first_mib(ranges, limit):
    pieces = blocks.split(ranges, limit=limit, first=1 << 20)
    assert_ordered(pieces)
    assert covered(pieces) == covered(ranges)
    assert all(length <= limit for _, length in pieces)
    assert not any(offset < 1 << 20 < offset + length for offset, length in pieces)


@settings(deadline=None)
@given(range_lists(), range_lists())
def test_a_plan_leaves_nothing_out_but_free_space(data, free):
    free = blocks.subtract(free, data)
    written, zeroes = blocks.plan(data, free, SIZE)
    assert_ordered(written)
    assert_ordered(zeroes)
    assert covered(data) <= covered(written)
    assert not covered(written) & covered(zeroes)
    assert covered([(0, SIZE)]) - covered(free) <= covered(written) | covered(zeroes)


@settings(deadline=None)
@given(range_lists(step=blocks.GRANULE), st.integers(1, 1 << 20))
def test_frames_hold_every_block_once_and_in_order(wanted, target):
    groups = blocks.frames(wanted, target)
    assert [n for group in groups for n in group] == list(range(len(wanted)))
    assert all(sum(wanted[n][1] for n in group) >= target for group in groups[:-1])


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=20))
def test_only_granules_of_zeros_are_holes(shape):
    chunk = b"".join((b"\0" * (blocks.GRANULE - 1) + b"\1") if full else bytes(blocks.GRANULE) for full in shape)
    found = list(blocks.nonzero(chunk, offset=1 << 30))
    assert found == [((1 << 30) + n * blocks.GRANULE, blocks.GRANULE) for n, full in enumerate(shape) if full]


def test_free_blocks_are_read_from_the_groups_and_not_from_the_total():
    text = """Free blocks:              4711
Group 0: (Blocks 0-32767) csum 0x1
  Free blocks: 100-199, 300
Group 1: (Blocks 32768-65535) csum 0x2
  Free blocks:
Group 2: (Blocks 65536-98303) csum 0x2
  Free blocks: 65536-98303
"""
    assert blocks.free_blocks(text, 4096) == [
        (100 * 4096, 100 * 4096),
        (300 * 4096, 4096),
        (65536 * 4096, 32768 * 4096),
    ]
