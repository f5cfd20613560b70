"""Which node a machine is, by its UUID, among many."""

from __future__ import annotations

from pathlib import Path

from metalctl.model.identity import Identity
from metalctl.store import nodes
from metalctl.store.database import open_database, sqlite_url

UUID = "4c4c4544-0000-1010-8000-b3c04f000001"
BACKWARDS = bytes.fromhex(UUID.replace("-", ""))[::-1].hex()


def test_a_twin_whose_bmc_tells_the_uuid_with_all_bytes_reversed_is_found(tmp_path: Path) -> None:
    with open_database(sqlite_url(tmp_path / "s.db")).begin() as connection:
        for number, told in enumerate((BACKWARDS, "11111111-2222-4333-8444-555555555555")):
            nodes.put(connection, f"n{number}", f"https://192.0.2.{number}", "c", "p")
            nodes.set_identity(connection, f"n{number}", Identity(uuid=told))
        assert nodes.same_machine(connection, "n9", Identity(uuid=UUID)) == ["n0"]
        assert nodes.by_uuid(connection, UUID) == "n0"
        assert nodes.by_uuid(connection, "") is None
