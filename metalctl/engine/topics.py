"""What a walk may wait for, by name. Whoever sees it happen publishes it, and the walk looks at once."""

from __future__ import annotations


def node_topic(enrollment: str) -> str:
    """What concerns one enrollment: its node called, its journal grew, an operator decided."""
    return f"enrollment {enrollment}"


def batch_topic(batch: str) -> str:
    """A node of the batch became ready for pair tests, or will not come."""
    return f"batch {batch}"


PLACES = "places among the booting nodes"
