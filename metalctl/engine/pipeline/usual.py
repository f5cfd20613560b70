"""How many seconds each stage usually takes, as measured on the emulated rack: for the ETA."""

from __future__ import annotations

from metalctl.model.stage import ORDER, Stage

USUAL: dict[Stage, float] = {
    Stage.DISCOVERED: 2,
    Stage.VERIFIED: 5,
    Stage.INSPECTED: 240,
    Stage.MATCHED: 1,
    Stage.PREPARED: 30,
    Stage.BURNED_IN: 240,
    Stage.INSTALLED: 300,
    Stage.ACCEPTED: 120,
    Stage.CERTIFIED: 3,
    Stage.HANDED_OVER: 10,
}
# From the end of a stage to the end of the path.
AFTER: dict[Stage, float] = {stage: sum(USUAL[later] for later in ORDER[i + 1 :]) for i, stage in enumerate(ORDER)}
