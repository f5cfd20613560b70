"""Places among booting nodes are leases: they end with their holders, and are given in the order of asking."""

from __future__ import annotations

from metalctl.engine.durability.places import Places


def test_a_holder_that_ends_makes_room_for_the_next_in_the_queue() -> None:
    freed: list[str] = []
    places = Places(2, freed.append)
    assert [places.claim(name) for name in "abcd"] == [True, True, False, False]
    assert (places.before("c"), places.before("d")) == (0, 1)
    places.release("a")
    assert freed == ["c"]
    assert [places.claim("d"), places.claim("c")] == [False, True]


def test_who_left_the_queue_blocks_nobody() -> None:
    places = Places(1)
    assert [places.claim(name) for name in "abc"] == [True, False, False]
    places.release("b")
    places.release("a")
    assert places.claim("c")


def test_seventy_two_nodes_that_fail_while_booting_leave_every_place_free() -> None:
    places = Places(8)
    for number in range(72):
        assert places.claim(f"n{number}")
        places.release(f"n{number}")
    assert all(places.claim(f"m{number}") for number in range(8))
    assert not places.claim("one more")


def test_nodes_that_were_booting_before_a_restart_count_although_there_are_more_than_places() -> None:
    places = Places(1)
    for name in "ab":
        places.hold(name)
    assert not places.claim("c")
    places.release("a")
    assert not places.claim("c")
    places.release("b")
    assert places.claim("c")
