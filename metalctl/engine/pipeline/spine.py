"""The path of a node: the stages in order, what each calls, and how long it may take.

budget: seconds of service time after which the stage is stuck (UNKNOWN, never PASS).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, Wait
from metalctl.engine.pipeline.stages import (
    accepted,
    burned_in,
    certified,
    discovered,
    handed_over,
    inspected,
    installed,
    matched,
    prepared,
    verified,
)
from metalctl.model.stage import Stage

TickFunction = Callable[[Context], Done | Wait]


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One stage of the path."""

    stage: Stage
    tick: TickFunction
    budget: float


SPINE: tuple[StageSpec, ...] = (
    StageSpec(Stage.DISCOVERED, discovered.tick, 5 * 60),
    StageSpec(Stage.VERIFIED, verified.tick, 10 * 60),
    StageSpec(Stage.INSPECTED, inspected.tick, 60 * 60),
    StageSpec(Stage.MATCHED, matched.tick, 5 * 60),
    # Days only for --full-read of large disks; bonds and samples have deadlines of their own.
    StageSpec(Stage.PREPARED, prepared.tick, 96 * 3600),
    StageSpec(Stage.BURNED_IN, burned_in.tick, 96 * 3600),
    StageSpec(Stage.INSTALLED, installed.tick, 3 * 3600),
    StageSpec(Stage.ACCEPTED, accepted.tick, 2 * 3600),
    StageSpec(Stage.CERTIFIED, certified.tick, 10 * 60),
    StageSpec(Stage.HANDED_OVER, handed_over.tick, 60 * 60),
)
BY_STAGE: dict[Stage, StageSpec] = {spec.stage: spec for spec in SPINE}
