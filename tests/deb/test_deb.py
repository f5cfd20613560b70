"""The Debian package in a clean chroot without a network: installed, looked at, served from, removed and purged.

`./dev test deb`, as root, some minutes: it builds the package, and a Debian by mmdebstrap. What it serves is copied
from the build cache, so that nothing is built in the chroot.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from metalctl.content import host

ROOT = Path(__file__).parents[2]
MIRROR = os.environ.get("METALCTL_DEBIAN_MIRROR") or "http://deb.debian.org/debian"
UNIT = "/lib/systemd/system/metalctl.service"
# Of the test, not of the package: to read man pages, to look at the unit.
BESIDES = ("man-db", "systemd", "bash-completion")
# What dpkg and others keep for themselves.
THEIRS = ("proc", "dev", "run", "sys", "tmp", "var/lib/dpkg", "var/lib/apt", "var/cache", "var/log", "root")
# PATH inside of the chroot: all that a Debian has there, and nothing of this machine.
FOLDERS = ":".join(f"{top}/{kind}" for top in ("/usr/local", "/usr", "") for kind in ("sbin", "bin"))
INSIDE = r"""
set -e
root=$1; path=$2; shift 2
mount --make-rprivate /
mount -t proc proc "$root/proc"; mount --rbind /dev "$root/dev"; mount -t tmpfs tmpfs "$root/run"
ip link set lo up
ip link add boot0 type veth peer name nodes0; ip link set nodes0 up
ip address add 172.31.250.1/24 dev boot0; ip link set boot0 up
exec chroot "$root" env -i PATH="$path" HOME=/root \
  LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
"""
SETTINGS = """boot: {interface: boot0, address: 172.31.250.1, network: 172.31.250.0/24}
state: /var/lib/metalctl
cache: /var/cache/metalctl
"""
Inside = Callable[..., str]
pytestmark = pytest.mark.timeout(3600)


def call(*words: str | Path, code: int = 0) -> str:
    """A program's stdout and stderr, which are shown where it ends otherwise."""
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == code, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built as `./dev deb` builds it; $METALCTL_DEB is one that is built already."""
    assert os.geteuid() == 0, "a chroot needs root: run ./dev test deb as root"
    if built := os.environ.get("METALCTL_DEB"):
        return Path(built)
    folder = tmp_path_factory.mktemp("deb")
    return Path(call(sys.executable, "packaging/deb/make_deb.py", folder).split()[-1])


@pytest.fixture(scope="module")
def clean(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian of this release with what the package depends on, and nothing of metalctl.

    $METALCTL_DEB_ROOT is a tarball of one that mmdebstrap made before.
    """
    needs = call("dpkg-deb", "-f", package, "Depends")
    names = sorted({word.split()[0] for word in needs.split(",")} | set(BESIDES))
    (suite,) = (
        line.partition("=")[2] for line in Path("/etc/os-release").read_text().splitlines() if "CODENAME" in line
    )
    folder = tmp_path_factory.mktemp("root") / "debian"
    if made := os.environ.get("METALCTL_DEB_ROOT"):
        folder.mkdir()
        call("tar", "-xpf", made, "-C", folder)
    else:
        call("mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(names)}", suite, folder, MIRROR)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def inside(clean: Path) -> Inside:
    """Run a command in the chroot, in namespaces of its own: no network but loopback and a port that leads nowhere."""

    def run(*words: str, code: int = 0) -> str:
        apart = ["unshare", "--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child"]
        return call(*apart, "sh", "-c", INSIDE, "sh", clean, FOLDERS, *words, code=code)

    return run


def paths(root: Path) -> set[str]:
    """Every path in the chroot that is not somebody's notes."""
    found: set[str] = set()
    for top, folders, names in os.walk(root):
        here = os.path.relpath(top, root)
        folders[:] = [name for name in folders if os.path.normpath(f"{here}/{name}") not in THEIRS]
        found |= {os.path.normpath(f"{here}/{name}") for name in [*folders, *names]}
    return found


@pytest.fixture(scope="module")
def before(clean: Path, inside: Inside) -> set[str]:
    """What was there before the package was installed. (inside: it leaves nothing by itself.)"""
    inside("true")
    return paths(clean)


@pytest.fixture(scope="module")
def installed(package: Path, clean: Path, inside: Inside, before: set[str]) -> Inside:
    """`inside`, with the package installed. There is no network: nothing is fetched."""
    shutil.copy(package, clean / "tmp/metalctl.deb")
    inside("dpkg", "-i", "/tmp/metalctl.deb")
    (clean / "etc/metalctl/profiles/own.yaml").write_text("extends: compute\nsummary: Ours\n")
    return inside


def test_it_depends_on_what_the_list_says(package: Path) -> None:
    needs = {word.split()[0] for word in call("dpkg-deb", "-f", package, "Depends").split(",")}
    assert needs == {"python3", *host.packages("serve")}


def test_the_program_knows_its_version_and_content(installed: Inside) -> None:
    assert installed("metalctl", "--version").startswith("metalctl ")
    listed = json.loads(installed("metalctl", "profile", "list", "--json"))
    assert {"compute", "own"} <= {p["name"] for p in listed}


def test_nothing_is_missing_by_doctor(installed: Inside) -> None:
    looks = {look["what"]: look for look in json.loads(installed("metalctl", "doctor", "--json"))}
    assert looks["Debian packages"]["verdict"] == "PASS"
    assert {look["verdict"] for look in looks.values()} <= {"PASS", "SKIP"}


@pytest.mark.parametrize("page", ["metalctl", "metalctl-enroll", "metalctl-bmc"])
def test_there_are_man_pages_that_man_takes(installed: Inside, page: str) -> None:
    assert installed("man", "-w", page).strip() == f"/usr/share/man/man1/{page}.1.gz"
    told = installed("man", "--warnings", "-l", f"/usr/share/man/man1/{page}.1.gz")
    assert "SYNOPSIS" in told
    assert "warning" not in told


def test_bash_completes_a_command(installed: Inside) -> None:
    asks = "COMP_WORDS='metalctl enr' COMP_CWORD=1 _METALCTL_COMPLETE=bash_complete metalctl"
    script = f". /usr/share/bash-completion/completions/metalctl && complete -p metalctl && {asks}"
    assert "enroll" in installed("bash", "-c", script)


def test_systemd_takes_every_line_of_the_unit(installed: Inside) -> None:
    assert installed("systemd-analyze", "verify", "--man=no", UNIT) == ""


def built(cache: Path) -> None:
    """What the service hands out, as a copy: the chroot never sees the cache itself, for purging removes its own."""
    call(sys.executable, "-m", "metalctl.cli.main", "image", "build")
    ours = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "metalctl"
    call("cp", "-a", "--sparse=always", ours / "ramdisk", ours / "images", cache)


def test_it_serves_as_the_unit_starts_it(installed: Inside, clean: Path) -> None:
    built(clean / "var/cache/metalctl")
    settings = clean / "etc/metalctl/metalctl.yaml"
    shipped = settings.read_text()
    settings.write_text(SETTINGS)
    shutil.copy(Path(__file__).with_name("as_systemd.py"), clean / "tmp")
    python = "/usr/lib/metalctl/bin/python"
    told = installed(python, "/tmp/as_systemd.py", UNIT, "http://127.0.0.1:8780/healthz")
    seen = json.loads(told[told.index("{") :])
    assert "READY=1" in seen["notified"], seen["log"]
    assert (seen["page"], seen["code"]) == (200, 0), seen["log"]
    assert (clean / "var/lib/metalctl/metalctl.db").is_file()
    assert (clean / "var/lib/metalctl").stat().st_mode & 0o077 == 0
    settings.write_text(shipped)


def test_the_commented_settings_are_good_and_say_what_is_missing(installed: Inside) -> None:
    told = installed("metalctl", "serve", code=3)
    assert "no boot network is set up" in told
    assert "/etc/metalctl/metalctl.yaml" in told


# The last ones: they take it away.
def test_removed_the_settings_stay(installed: Inside, clean: Path) -> None:
    installed("dpkg", "-r", "metalctl")
    assert (clean / "etc/metalctl/metalctl.yaml").is_file()
    assert not (clean / "usr/bin/metalctl").is_symlink()
    assert not (clean / "usr/lib/metalctl").exists()


def test_purged_only_the_state_and_the_sites_own_files_stay(installed: Inside, clean: Path, before: set[str]) -> None:
    told = installed("dpkg", "-P", "metalctl")
    assert not (clean / "var/cache/metalctl").exists()
    left = {p for p in paths(clean) - before if not p.startswith("var/lib/metalctl")}
    assert left == {"etc/metalctl", "etc/metalctl/profiles", "etc/metalctl/profiles/own.yaml"}
    assert "/var/lib/metalctl stays" in told
    assert before <= paths(clean)
