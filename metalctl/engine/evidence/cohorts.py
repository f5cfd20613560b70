"""The cohorts of what the store remembers: of all nodes for a person who asks, of one node for its page."""

from __future__ import annotations

from sqlalchemy import Connection

from metalctl.engine.state import StateDir
from metalctl.model.cohort import Cohort, Uncompared, cohorts
from metalctl.store.database import open_database
from metalctl.store.history import beside, history

# Enrollments whose runs a page compares: each costs 2 ms of processor time, and a thousand nodes have a page each.
PAGE = 24


def load_cohorts(state: StateDir, metrics: tuple[str, ...]) -> tuple[list[Cohort], list[Uncompared]]:
    """All cohorts of the store, and what is in none. metrics: patterns of "check.measurement"."""
    database = open_database(state.create().store_url)
    try:
        with database.connect() as connection:
            return cohorts(history(connection), metrics)
    finally:
        database.dispose()


def of_node(connection: Connection, node: str, profile: str) -> list[Cohort]:
    """The cohorts for the page of one node: with the newest enrollments of its profile."""
    return cohorts(beside(connection, node, profile, PAGE))[0]


def load_of_node(state: StateDir, node: str, profile: str) -> list[Cohort]:
    """The same from the state directory."""
    database = open_database(state.create().store_url)
    try:
        with database.connect() as connection:
            return of_node(connection, node, profile)
    finally:
        database.dispose()
