"""Content is found on the path: what a site adds wins over what the package ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalctl.content import paths
from metalctl.content.errors import ContentError, ContentMissing


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    made = {name: tmp_path / name for name in ("first", "second", "etc", "metalctl")}
    for folder in made.values():
        (folder / "profiles").mkdir(parents=True)
    monkeypatch.setenv(paths.VARIABLE, f"{made['first']}:{made['second']}")
    monkeypatch.setattr(paths, "SYSTEM", made["etc"])
    monkeypatch.setattr(paths, "_PACKAGE", made["metalctl"])
    return made


def test_the_first_root_that_has_the_file_wins(site: dict[str, Path], tmp_path: Path) -> None:
    expected = []
    for root in (tmp_path, site["etc"], site["second"], site["first"]):
        (root / "profiles").mkdir(exist_ok=True)
        (root / "profiles" / "a.yaml").write_text("x")
        assert paths.find("profiles/a.yaml") == root / "profiles" / "a.yaml"
        expected.insert(0, root / "profiles" / "a.yaml")
    assert paths.find_all("profiles/a.yaml") == expected


def test_an_installed_wheel_reads_its_packaged_content_and_not_its_parent_folder(
    site: dict[str, Path], tmp_path: Path
) -> None:
    assert paths.roots()[-1] == tmp_path
    (site["metalctl"] / "_content").mkdir()
    assert paths.roots()[-1] == site["metalctl"] / "_content"


def test_a_missing_file_names_every_root_that_was_searched(site: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ContentMissing) as missing:
        paths.find("profiles/none.yaml")
    for root in (site["first"], site["second"], site["etc"], tmp_path):
        assert str(root) in missing.value.message
    assert missing.value.fields["roots"] == [str(root) for root in paths.roots()]


def test_an_empty_part_of_the_variable_is_not_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.VARIABLE, ":/srv/site:")
    assert paths.roots()[0] == Path("/srv/site")
    assert len(paths.roots()) == 3


@pytest.mark.parametrize("name", ["../secret", "profiles/../../secret", "/etc/passwd", ""])
def test_a_name_that_leaves_the_roots_is_refused(name: str) -> None:
    with pytest.raises(ContentError, match="not the name of content"):
        paths.find(name)


def test_the_checkout_serves_its_own_pxe_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(paths.VARIABLE, raising=False)
    assert paths.find("pxe").is_dir()
