"""JSON columns: what was written comes back, what only Python's own parser reads too."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from metalctl.model.codec import decode, encode
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory, Sensor
from metalctl.store import evidence, schema
from metalctl.store.database import open_database, sqlite_url


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(sqlite_url(tmp_path / "test.db"))
    yield engine
    engine.dispose()


def stored(database: Engine, inventory: Inventory) -> Any:
    with database.begin() as connection:
        evidence.add_inventory(connection, "n1", "e1", "in-band", inventory)
        return connection.execute(select(schema.inventories.c.data)).scalar_one()


@pytest.mark.parametrize("name", ["plain", "ünïcode °C", 'quotes " and \\ and \n', "half \ud83d of a pair", "\0"])
def test_a_stored_inventory_is_the_one_that_was_read(database: Engine, name: str) -> None:
    inventory = Inventory("in-band", Identity(name), sensors=(Sensor(name, "fan", 0.1 + 0.2, "rpm"),), tpm=None)
    data = stored(database, inventory)
    assert data == encode(inventory)
    assert decode(Inventory, data) == inventory


def test_a_sensor_that_is_no_number_does_not_hide_the_inventory(database: Engine) -> None:
    inventory = Inventory("in-band", Identity("S1"), sensors=(Sensor("fan", "fan", math.nan, "rpm"),))
    data = stored(database, inventory)
    assert math.isnan(data["sensors"][0]["value"])
