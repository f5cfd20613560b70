"""The cache: a result is whole or absent."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from metalctl.boot.build import cache
from metalctl.boot.build.errors import NoSpace
from metalctl.boot.build.tools import silent


def write_result(staging):
    (staging / "work/scratch").write_text("not part of the result")
    (staging / "kernel").write_text("k")


def test_a_result_is_built_once_and_then_reused(tmp_path):
    folder, reused = cache.ensure(tmp_path / "shelf", "k1", 0, write_result, silent)
    assert (reused, sorted(p.name for p in folder.iterdir())) == (False, ["kernel"])
    again, reused = cache.ensure(tmp_path / "shelf", "k1", 0, lambda _: pytest.fail("built twice"), silent)
    assert (again, reused) == (folder, True)


def test_a_failed_build_leaves_nothing_and_can_be_repeated(tmp_path):
    def broken(staging):
        write_result(staging)
        raise RuntimeError("killed in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        cache.ensure(tmp_path / "shelf", "k1", 0, broken, silent)
    assert [p.name for p in (tmp_path / "shelf").iterdir()] == [".lock"]
    assert cache.ensure(tmp_path / "shelf", "k1", 0, write_result, silent)[1] is False


def test_what_a_killed_builder_left_is_removed(tmp_path):
    stale = tmp_path / "shelf/.staging-k0/work"
    stale.mkdir(parents=True)
    cache.ensure(tmp_path / "shelf", "k1", 0, write_result, silent)
    assert not stale.parent.exists()


def test_too_little_disk_space_is_refused_before_anything_is_built(tmp_path, monkeypatch):
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda _: SimpleNamespace(free=100 << 20))
    with pytest.raises(NoSpace, match="100 MiB free, the build takes 3000 MiB") as caught:
        cache.ensure(tmp_path / "shelf", "k1", 3000 << 20, lambda _: pytest.fail("built"), silent)
    assert "XDG_CACHE_HOME" in caught.value.hint


def test_two_builders_build_once_and_the_second_says_that_it_waits(tmp_path):
    building, waiting, built, said = threading.Event(), threading.Event(), [], []

    def build(staging):
        built.append(staging)
        building.set()
        assert waiting.wait(60), "the second did not say that it waits"
        write_result(staging)

    def tell(line):
        said.append(line)
        waiting.set()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(cache.ensure, tmp_path / "shelf", "k1", 0, build, silent)
        assert building.wait(60)
        assert cache.ensure(tmp_path / "shelf", "k1", 0, build, tell)[1] is True
        assert first.result()[1] is False
    assert len(built) == 1
    assert said == ["shelf: waiting for another build to finish"]


def test_the_two_newest_results_are_kept(tmp_path):
    shelf = tmp_path / "shelf"
    for age, key in enumerate(("k1", "k2", "k3")):
        cache.ensure(shelf, key, 0, write_result, silent)
        os.utime(shelf / key, (age, age))
    assert sorted(p.name for p in shelf.iterdir() if p.name[0] != ".") == ["k2", "k3"]


def test_the_cache_is_where_xdg_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.default_cache() == tmp_path / "metalctl"
