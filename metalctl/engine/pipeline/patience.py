"""How long a node waits for other nodes: by a clock that nobody sets, without the time in which the service was down.

What was waited so far stands in the stage's memo, so that a restart does not begin a wait again; what went by since the
last look is known to this process alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

# Seconds between two looks that count at most: a node that waits is looked at more often, and one that an operator held
# for hours did not wait for others.
LONGEST_LOOK = 300.0


class Patience:
    """One a service; `what` names a wait of an enrollment."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looked: dict[tuple[str, str], float] = {}

    def waited(self, enrollment: str, what: str, memo: dict[str, Any]) -> float:
        """Seconds since the first look, which are noted in the memo."""
        moment = self._clock()
        went_by = moment - self._looked.get((enrollment, what), moment)
        self._looked[enrollment, what] = moment
        memo[key(what)] = float(memo.get(key(what), 0.0)) + min(went_by, LONGEST_LOOK)
        return float(memo[key(what)])

    def over(self, enrollment: str, what: str, memo: dict[str, Any]) -> None:
        """This wait has ended; one of the same name begins anew."""
        self._looked.pop((enrollment, what), None)
        memo.pop(key(what), None)

    def forget(self, enrollment: str) -> None:
        """Its stage has ended."""
        for known in [k for k in list(self._looked) if k[0] == enrollment]:
            self._looked.pop(known, None)


def key(what: str) -> str:
    """Under which a wait stands in the memo."""
    return f"waited {what}"
