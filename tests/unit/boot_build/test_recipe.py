"""A recipe's hash follows what goes into the result, and nothing else."""

import os
from pathlib import Path

import pytest

from metalctl.boot.build import recipe, rootfs
from metalctl.boot.build.errors import RecipeError

TOML = """
kind = "ramdisk"
release = "bookworm"
components = ["main"]
packages = "packages.list"
overlays = ["overlay"]
hooks = ["hook.sh"]
need_mib = 10
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "overlay/etc").mkdir(parents=True)
    (tmp_path / "overlay/etc/motd").write_text("hello\n")
    (tmp_path / "hook.sh").write_text("true\n")
    (tmp_path / "packages.list").write_text("# tools\nfio\n\niperf3  # pairs\n")
    (tmp_path / "recipe.toml").write_text(TOML)
    return tmp_path


def test_packages_are_read_without_comments(folder):
    assert recipe.load(folder).packages == ("fio", "iperf3")


@pytest.mark.parametrize("name", ["recipe.toml", "packages.list", "hook.sh", "overlay/etc/motd"])
def test_a_changed_input_changes_the_key(folder, name):
    before = recipe.load(folder).key
    path = folder / name
    path.write_text(path.read_text() + "# more\n")
    assert recipe.load(folder).key != before


def test_a_moved_overlay_file_changes_the_key(folder):
    before = recipe.load(folder).key
    (folder / "overlay/etc/motd").rename(folder / "overlay/motd")
    assert recipe.load(folder).key != before


def test_times_leavings_and_seed_templates_do_not_change_the_key(folder):
    before = recipe.load(folder).key
    os.utime(folder / "hook.sh", (1, 1))
    (folder / "overlay/etc/motd~").write_text("an editor was here\n")
    (folder / "seed").mkdir()
    (folder / "seed/user-data.j2").write_text("#cloud-config\n")
    assert recipe.load(folder).key == before


def test_the_builder_version_is_part_of_the_key(folder, monkeypatch):
    before = recipe.load(folder).key
    monkeypatch.setattr(recipe, "VERSION", "next")
    assert recipe.load(folder).key != before


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda f: (f / "recipe.toml").unlink(), "cannot be read"),
        (lambda f: (f / "recipe.toml").write_text("kind = no string\n"), "line 1"),
        (lambda f: (f / "recipe.toml").write_text(TOML.replace('release = "bookworm"', "")), "release is missing"),
        (lambda f: (f / "hook.sh").unlink(), "hook.sh"),
    ],
)
def test_a_broken_recipe_names_the_file_and_what(folder, break_it, said):
    break_it(folder)
    with pytest.raises(RecipeError, match=said):
        recipe.load(folder)


def test_folders_of_an_overlay_are_open_whatever_the_umask(folder, tmp_path):
    """Under the systemd unit (UMask=0077) / and /etc of ramdisk and image became unreadable for all but root."""
    found, before = recipe.load(folder), os.umask(0o077)
    try:
        rootfs.lay(found, tmp_path / "laid")
    finally:
        os.umask(before)
    modes = {
        p.relative_to(tmp_path): p.stat().st_mode & 0o777 for p in (tmp_path / "laid", *tmp_path.glob("laid/**/*"))
    }
    assert modes == {Path("laid"): 0o755, Path("laid/etc"): 0o755, Path("laid/etc/motd"): 0o644}
