"""A scratch file is for measuring a disk: what lies in memory, on the network or in a file is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalctl.node.plugin import scratch


def mounted(tmp_path: Path, *lines: str) -> Path:
    table = tmp_path / "mounts"
    table.write_text("".join(f"{line} rw 0 0\n" for line in lines))
    return table


def test_the_innermost_and_last_mount_holds_the_path(tmp_path: Path) -> None:
    here = str(tmp_path).replace(" ", "\\040")
    table = mounted(tmp_path, "/dev/sdf1 / ext4", f"none {here} tmpfs", f"/dev/md7 {here} xfs", "none /other tmpfs")
    assert scratch.filesystem(tmp_path, table) == ("xfs", "/dev/md7")


def test_a_mount_point_with_a_space_is_found(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    table = mounted(tmp_path, "/dev/sdf1 / ext4", f"nas:/export {tmp_path}/a\\040b nfs4")
    assert scratch.filesystem(tmp_path / "a b", table) == ("nfs4", "nas:/export")


@pytest.mark.parametrize(
    ("kind", "source", "disk"),
    [
        ("ext4", "/dev/nvme3n1p2", True),
        ("btrfs", "/dev/mapper/vg-root", True),
        ("nfs4", "nas:/export", False),
        ("fuse.sshfs", "root@nas:/", False),
        ("ext4", "/dev/zram0", False),
        ("xfs", "/dev/loop4", False),
        ("tmpfs", "/dev/null", False),
    ],
)
def test_only_a_file_system_on_a_disk_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, source: str, disk: bool
) -> None:
    monkeypatch.setattr(scratch, "filesystem", lambda _: (kind, source))
    if disk:
        with scratch.scratch(str(tmp_path)) as made:
            assert made.is_dir()
        assert not made.exists()
    else:
        with pytest.raises(scratch.NoDisk, match=f"is {kind}.*, not a disk"), scratch.scratch(str(tmp_path)):
            pass
