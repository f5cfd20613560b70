"""The time that a node will probably take goes on while it waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from metalctl.engine.pipeline.overview import standings
from metalctl.engine.pipeline.usual import AFTER, USUAL
from metalctl.model.stage import Condition, Stage
from metalctl.store import enrollments


@pytest.mark.parametrize(
    ("condition", "expected", "ago", "here"),
    [
        (Condition.WAITING, 0.0, 100, USUAL[Stage.INSTALLED] - 20 - 100),
        (Condition.WAITING, 0.0, 5000, 0.0),  # longer than usual: nothing is promised
        (Condition.WAITING, 0.0, -300, USUAL[Stage.INSTALLED] - 20),  # the clock was set back since
        (Condition.WAITING, 600.0, 100, 600.0 + USUAL[Stage.INSTALLED] - 20),  # its turn has not come
        (Condition.HELD, 0.0, 100, USUAL[Stage.INSTALLED] - 20),
    ],
)
def test_the_expected_time_counts_down_while_a_node_waits_for_its_boot_and_stands_in_a_queue(
    database: Engine, enrolled: Callable[..., str], condition: Condition, expected: float, ago: float, here: float
) -> None:
    identifier = enrolled()
    updated = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat(timespec="milliseconds")
    state = {"stage": "installed", "condition": condition.value, "elapsed": 20.0, "expected": expected}
    with database.begin() as connection:
        enrollments.change(connection, identifier, **state)
        connection.exec_driver_sql("UPDATE enrollments SET updated = ?", (updated,))
    (standing,) = standings(database)
    assert standing.eta == pytest.approx(here + AFTER[Stage.INSTALLED], abs=5.0)
