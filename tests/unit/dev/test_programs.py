"""./dev runs all with the programs of the declared packages only: what nobody declared is missing on every machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from metalctl.boot.build import tools
from metalctl.content import host
from metalctl.lab.rack import host as rack
from tests import programs
from tests.programs import Package

ROOT = Path(__file__).parents[3]


def package(name: str, *needs: str, essential: bool = False, provides: tuple[str, ...] = ()) -> Package:
    return Package(name, name, essential, tuple(tuple(need.split("|")) for need in needs), provides)


def there(*packages: Package) -> dict[str, Package]:
    return {one.name: one for one in (package("apt"), *packages)}


def test_what_is_wanted_comes_with_what_it_needs_and_with_what_every_debian_has() -> None:
    machine = there(package("base", essential=True), package("a", "b"), package("b", "c"), package("c"), package("z"))
    assert programs.closure(["a"], machine) == {"apt", "base", "a", "b", "c"}


def test_of_alternatives_the_first_that_is_there_counts_and_no_other() -> None:
    machine = there(package("a", "gone|first|second"), package("first"), package("second"))
    assert programs.closure(["a"], machine) == {"apt", "a", "first"}


def test_one_provider_is_taken_and_one_that_is_needed_anyway_before_others() -> None:
    machine = there(
        package("a", "awk", "z"), package("gawk", provides=("awk",)), package("mawk", provides=("awk",)), package("z")
    )
    assert programs.closure(["a"], machine) == {"apt", "a", "z", "gawk"}
    assert programs.closure(["a", "mawk"], machine) == {"apt", "a", "z", "mawk"}


def test_packages_that_need_one_another_end() -> None:
    assert programs.closure(["a"], there(package("a", "b"), package("b", "a"))) == {"apt", "a", "b"}


def test_names_lose_versions_and_architectures() -> None:
    row = ["x:amd64", "ii ", "x", "no", "libc6 (>= 2.36)", "python3:any (>= 3.9~) | py, zlib1g", "x-virtual (= 1), y"]
    assert programs._package(row) == Package(
        "x", "x:amd64", False, (("libc6",), ("python3", "py"), ("zlib1g",)), ("x-virtual", "y")
    )


RECORD = """auto
/usr/bin/awk
awk.1.gz
/usr/share/man/man1/awk.1.gz
nawk
/usr/bin/nawk

/usr/bin/gawk
10
/usr/share/man/man1/gawk.1.gz
/usr/bin/gawk
/usr/bin/mawk
5

/usr/bin/mawk

"""


def test_an_alternative_leads_to_the_best_of_the_shipped_choices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "awk").write_text(RECORD)
    monkeypatch.setattr(programs, "ALTERNATIVES", tmp_path)
    names, choices = programs.alternative(RECORD)
    assert names == ["/usr/bin/awk", "/usr/share/man/man1/awk.1.gz", "/usr/bin/nawk"]
    assert choices[1] == (5, ["/usr/bin/mawk", "", "/usr/bin/mawk"])
    assert dict(programs.chosen({"/usr/bin/mawk"})) == {
        "/usr/bin/awk": "/usr/bin/mawk",
        "/usr/bin/nawk": "/usr/bin/mawk",
    }
    assert dict(programs.chosen({"/usr/bin/mawk", "/usr/bin/gawk"}))["/usr/bin/nawk"] == "/usr/bin/gawk"
    assert dict(programs.chosen(set())) == {}


def test_a_diverted_program_is_found_where_it_lies_now(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = (
        "/.\n/usr/bin/conf\ndiverted by other to: /usr/bin/conf.lib\n/bin/sh\npackage diverts others to: /bin/sh.old\n"
    )
    monkeypatch.setattr(programs, "_ask", lambda *words: listed)
    found = programs.files(["a"], there(package("a")))
    assert (found["/usr/bin/conf"], found["/bin/sh"]) == ("/usr/bin/conf.lib", "/bin/sh")


def test_only_programs_are_linked_and_sbin_stays_apart(tmp_path: Path) -> None:
    shipped = {path: path for path in ("/bin/sh", "/usr/bin/env", "/usr/share/x/bin/y", "/usr/bin/sub/z", "/usr/bin")}
    assert programs.links(shipped | {"/sbin/tool": "/bin/sh", "/usr/bin/gone": "/nowhere"}) == {
        "bin/sh": "/bin/sh", "bin/env": "/usr/bin/env", "sbin/tool": "/bin/sh",
    }  # fmt: skip
    place = programs.lay(tmp_path, {"bin/sh": "/bin/sh"})
    assert programs.lay(tmp_path, {"bin/sh": "/bin/sh"}) == place
    assert programs.lay(tmp_path, {"bin/sh": "/bin/dash"}) != place
    assert subprocess.run(["sh", "-c", "echo hi"], env={"PATH": f"{place}/bin"}, capture_output=True).stdout == b"hi\n"
    os.utime(place, (0, 0))
    programs.forget(tmp_path, programs.KEPT + 1)
    assert not place.exists()
    assert len(list(tmp_path.iterdir())) == 1, "the one that is in use stays"


needs_debian = pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="this is no Debian")


@needs_debian
def test_this_machine_gives_the_declared_programs_and_no_undeclared_one() -> None:
    machine = programs.installed()

    def found(*names: str) -> set[str]:
        return set(programs.links(programs.files(programs.closure(names, machine), machine)))

    bare = found()
    assert {"bin/awk", "bin/sh", "bin/tar", "bin/dpkg", "bin/apt-get"} <= bare
    assert not {"bin/git", "bin/python3", "bin/gcc"} & bare
    assert {"bin/git", "bin/python3", "bin/perl"} <= found("git", "python3")


BRINGS = {"tcpdump": "tcpdump", "ping": "iputils-ping", "ipmi_sim": "openipmi", "cpio": "cpio", "losetup": "mount"}


@pytest.mark.truth("0", "a program that a test calls comes with a package that the project declares")
@pytest.mark.parametrize("program", BRINGS)
def test_what_the_tests_call_is_declared(program: str) -> None:
    lines = (ROOT / host.LIST).read_text().splitlines()
    assert BRINGS[program] in {line.split()[0] for line in lines if line.strip() and line[0] not in "[#"}


def test_what_metalctl_calls_is_declared_for_who_runs_it() -> None:
    """The engine's own tables of programs and the list that ./dev and doctor read say the same."""
    serve, base = set(host.packages("serve")), set(host.packages("base"))
    assert set(tools.PACKAGES.values()) <= serve
    needed = {name for name in (*rack.PROGRAMS.values(), *rack.FILES.values()) if " " not in name}
    assert needed <= serve | base | set(host.packages("lab"))
