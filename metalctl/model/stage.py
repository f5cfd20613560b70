"""The path of a node: stages in order, and the condition a node is in within its stage."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    DISCOVERED = "discovered"
    VERIFIED = "verified"
    INSPECTED = "inspected"
    MATCHED = "matched"
    PREPARED = "prepared"
    BURNED_IN = "burned-in"
    INSTALLED = "installed"
    ACCEPTED = "accepted"
    CERTIFIED = "certified"
    HANDED_OVER = "handed-over"


ORDER: tuple[Stage, ...] = tuple(Stage)


class Condition(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    HELD = "held"
    FAILED = "failed"
    DONE = "done"
