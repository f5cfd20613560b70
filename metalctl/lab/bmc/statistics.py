"""What the simulator counts: so that a benchmark and a test can say what the client really did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any


class Statistics:
    """Counters of the whole fleet since the start or the last `reset`. machines: what the machines behind it tell."""

    def __init__(self) -> None:
        self.machines: Callable[[], dict[str, Any]] = dict
        self.reset()

    def reset(self) -> None:
        self.requests = 0
        self.connections = 0
        self.logins = 0
        self.failed_logins = 0
        self.logouts = 0
        self.body_bytes = 0
        self.ipmi = 0
        self.most_in_flight = 0
        self.status: Counter[int] = Counter()
        self.methods: Counter[str] = Counter()
        self.paths: Counter[str] = Counter()

    def to_json(self) -> dict[str, Any]:
        """For programs. most_in_flight: requests at once at one BMC. paths: the 200 most asked for."""
        return {
            "requests": self.requests,
            "connections": self.connections,
            "logins": self.logins,
            "failed_logins": self.failed_logins,
            "logouts": self.logouts,
            "body_bytes": self.body_bytes,
            "ipmi": self.ipmi,
            "most_in_flight": self.most_in_flight,
            "status": {str(code): count for code, count in sorted(self.status.items())},
            "methods": dict(self.methods),
            "paths": dict(self.paths.most_common(200)),
        }
