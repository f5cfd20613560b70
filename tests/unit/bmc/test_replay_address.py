"""Scripts of others (../shared/cases/bmc/run_case.py is one) import the replayed BMC from metalctl.bmc.replay."""

from __future__ import annotations

import metalctl.bmc.replay
import metalctl.lab.fleet.replay


def test_the_replayed_bmc_is_found_where_it_always_was() -> None:
    assert metalctl.bmc.replay.Replay is metalctl.lab.fleet.replay.Replay
