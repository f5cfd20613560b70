"""What a walk may wait for, by name. Whoever sees it happen publishes it, and the walk looks at once."""

from __future__ import annotations


def node_topic(enrollment: str) -> str:
    """What concerns one enrollment: its node called, its journal grew, an operator decided."""
    return f"enrollment {enrollment}"


def batch_topic(batch: str) -> str:
    """All of the batch that will come are ready for pair tests."""
    return f"batch {batch}"


def run_topic(enrollment: str) -> str:
    """A run of the enrollment that its partner of a pair waits for went on, or there will be none."""
    return f"runs of {enrollment}"
