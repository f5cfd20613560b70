"""Trying a failed enrollment again: which stages are walked anew, and what was seen before that no longer counts.

Between a failure and its retry somebody had a hand on the machine: a part was changed, it was switched off, it may run
another system. So whatever failed between `inspected` and `installed` goes back to `inspected`: the ramdisk boots anew,
the inventory is read anew, and the disks are looked at anew before they are written. What failed before or after is
walked again by itself.

Kept in the batch's options, by enrollment: `fresh_from` the ids after which boots and inventories count, `may_erase`
who may overwrite disks that carry data, `full_read_of` whose disks are read from end to end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from metalctl.model.stage import ORDER, Stage
from metalctl.store import boots, enrollments, evidence, records
from metalctl.store.enrollments import Enrollment

# Inventories that are taken anew when a retry begins with a stage: what they name may have been replaced.
_READ_ANEW = {Stage.INSPECTED: ("out-of-band", "in-band", "installed"), Stage.ACCEPTED: ("installed",)}


@dataclass(frozen=True, slots=True)
class Fresh:
    """What counts: boots and inventories of a higher id than these."""

    boots: int = 0
    inventories: int = 0


def first_stage(failed: Stage) -> Stage:
    """The stage from which a retry begins."""
    touched = Stage.INSPECTED, Stage.INSTALLED
    begin, end = map(ORDER.index, touched)
    return Stage.INSPECTED if begin <= ORDER.index(failed) <= end else failed


def reopen(connection: Connection, enrollment: Enrollment) -> Stage:
    """Forget the stages that are walked anew and what they saw; returns the first of them."""
    first = first_stage(enrollment.stage)
    for stage in ORDER[ORDER.index(first) : ORDER.index(enrollment.stage) + 1]:
        records.forget_stage(connection, enrollment.id, stage)
    seen = {kind: evidence.newest_inventory(connection, enrollment.id, kind) for kind in _READ_ANEW.get(first, ())}
    if first is Stage.INSPECTED:
        seen["boots"] = boots.newest(connection, enrollment.id)
    fresh = enrollments.batch_options(connection, enrollment.batch).get("fresh_from", {})
    fresh[enrollment.id] = {**fresh.get(enrollment.id, {}), **seen}
    enrollments.set_batch_option(connection, enrollment.batch, "fresh_from", fresh)
    return first


def fresh_from(options: dict[str, Any], enrollment: str, kind: str = "") -> Fresh:
    """What counts for an enrollment, with its inventories of that kind."""
    stated = options.get("fresh_from", {}).get(enrollment, {})
    return Fresh(int(stated.get("boots", 0)), int(stated.get(kind, 0)))


def may_erase(options: dict[str, Any], enrollment: str) -> bool:
    """Whether this node's disks may be overwritten although they carry data."""
    return bool(options.get("allow_erase")) or enrollment in options.get("may_erase", ())


def allow_erase(connection: Connection, enrollment: Enrollment) -> None:
    """Let this one node be erased, and no other of its batch."""
    _add(connection, enrollment, "may_erase")


def reads_all(options: dict[str, Any], enrollment: str) -> bool:
    """Whether this node's disks are read from end to end before they count as empty."""
    return bool(options.get("full_read")) or enrollment in options.get("full_read_of", ())


def read_all(connection: Connection, enrollment: Enrollment) -> None:
    """Read the disks of this one node from end to end."""
    _add(connection, enrollment, "full_read_of")


def _add(connection: Connection, enrollment: Enrollment, option: str) -> None:
    named = enrollments.batch_options(connection, enrollment.batch).get(option, [])
    enrollments.set_batch_option(connection, enrollment.batch, option, sorted({*named, enrollment.id}))
