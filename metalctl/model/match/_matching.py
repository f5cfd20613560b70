"""A maximum matching of disks to the places of roles."""

from __future__ import annotations


def matching(slots: list[tuple[str, list[int]]]) -> dict[int, str]:
    """Disk index → role, as many slots filled as can be; an earlier slot never loses its disk to a later one."""
    holder: dict[int, int] = {}
    for slot in range(len(slots)):
        came_from: dict[int, int] = {}
        queue, end = [slot], None
        while queue and end is None:
            here = queue.pop(0)
            for disk in slots[here][1]:
                if disk in came_from:
                    continue
                came_from[disk] = here
                if disk not in holder:
                    end = disk
                    break
                queue.append(holder[disk])
        _shift(holder, came_from, end, slot)
    return {disk: slots[slot][0] for disk, slot in holder.items()}


def _shift(holder: dict[int, int], came_from: dict[int, int], end: int | None, slot: int) -> None:
    """Gives `end` to the slot that reached it, that slot's old disk to the one before, back to where it began."""
    while end is not None:
        taker = came_from[end]
        old = next((disk for disk, held_by in holder.items() if held_by == taker), None)
        holder[end] = taker
        end = None if taker == slot else old
