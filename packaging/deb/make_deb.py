"""A Debian package of this tree: `./dev deb [FOLDER]` writes FOLDER/metalctl_VERSION_ARCH.deb, by default into dist/.

    /usr/lib/metalctl/           a virtual environment of this machine's Python with all that metalctl needs
    /usr/bin/metalctl            a link to the program in it
    /lib/systemd/system/…        what `metalctl serve --unit` prints; neither enabled nor started by the package
    /etc/metalctl/               commented settings (a conffile), empty folders for the site's own content
    man pages and completions of bash, zsh and fish, made from the commands

Python packages are fetched here, not where it is installed. Compiled ones fit one minor version of Python, so the
package depends on that one, and on the Debian packages of pxe/host-packages.txt [serve]. Those of [base] are for
building (a compiler, headers, git), except for python3.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from click.shell_completion import get_completion_class

import metalctl
from metalctl.cli.main import cli
from metalctl.content import host
from metalctl.engine.serving import unit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HOME = Path("usr/lib/metalctl")
PROGRAM = "/usr/bin/metalctl"
SETTINGS = "/etc/metalctl/metalctl.yaml"
FOLDERS = ("profiles", "requirements", "checks", "quirks", "targets", "tests")
COMPLETIONS = {
    "bash": "usr/share/bash-completion/completions/metalctl",
    "zsh": "usr/share/zsh/vendor-completions/_metalctl",
    "fish": "usr/share/fish/vendor_completions.d/metalctl.fish",
}
PYTHON = "/usr/bin/python3"  # the system's: that of this program's environment may be another one


def run(*words: str | Path) -> str:
    """A program's output; what it says is shown where it fails."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout.strip()


def environment(tree: Path, wheel: Path) -> None:
    """The virtual environment, moved to where it will be: its scripts, its notes and its byte code name that place."""
    home = tree / HOME
    run(PYTHON, "-m", "venv", "--without-pip", home)
    pip = [sys.executable, "-m", "pip", "--python", home / "bin/python", "install", "-q", "--no-compile"]
    run(*pip, "-c", ROOT / "constraints.txt", f"{wheel}[openstack,postgres]")
    for script in (home / "bin").iterdir():
        if script.name.lower().startswith("activate"):
            script.unlink()
        elif not script.is_symlink():
            script.write_text(script.read_text().replace(str(home), f"/{HOME}"))
    notes = home / "pyvenv.cfg"
    notes.write_text(notes.read_text().replace(str(home), f"/{HOME}"))
    for record in home.rglob("direct_url.json"):  # where the wheel lay on the builder's disk
        record.unlink()
    run(home / "bin/python", "-m", "compileall", "-q", "-s", tree, "-p", "/", home / "lib")


def documents(tree: Path, date: str) -> None:
    """Man pages, completions, licence."""
    man = tree / "usr/share/man/man1"
    run(sys.executable, ROOT / "packaging/manpages.py", man, date)
    for page in man.iterdir():
        page.with_name(f"{page.name}.gz").write_bytes(gzip.compress(page.read_bytes(), 9, mtime=0))
        page.unlink()
    for shell, place in COMPLETIONS.items():
        found = get_completion_class(shell)
        assert found is not None
        put(tree / place, found(cli, {}, "metalctl", "_METALCTL_COMPLETE").source())
    put(tree / "usr/share/doc/metalctl/copyright", (ROOT / "LICENSE").read_text())


def service(tree: Path) -> None:
    """The unit as this version prints it, its folders, and the settings."""
    sys.argv[0] = PROGRAM
    put(tree / "lib/systemd/system/metalctl.service", unit.unit_text(Path(SETTINGS), standby=False) + "\n")
    put(tree / "usr/lib/tmpfiles.d/metalctl.conf", (HERE / "metalctl.tmpfiles").read_text())
    put(tree / SETTINGS[1:], (HERE / "metalctl.yaml").read_text())
    for folder in FOLDERS:
        (tree / "etc/metalctl" / folder).mkdir()
    (tree / "usr/bin").mkdir()
    (tree / PROGRAM[1:]).symlink_to(f"../../{HOME}/bin/metalctl")


def control(tree: Path) -> None:
    """What dpkg wants to know."""
    minor = int(run(PYTHON, "-c", "import sys; print(sys.version_info[1])"))
    needs = [f"python3 (>= 3.{minor})", f"python3 (<< 3.{minor + 1})", *host.packages("serve")]
    size = sum(p.lstat().st_size for p in tree.rglob("*") if p.is_file()) // 1024
    facts = {
        "Package": "metalctl",
        "Version": metalctl.__version__,
        "Architecture": run("dpkg", "--print-architecture"),
        "Maintainer": "The metalctl engineers <metalctl@localhost>",
        "Installed-Size": str(size),
        "Depends": ", ".join(dict.fromkeys(needs)),
        "Section": "admin",
        "Priority": "optional",
        "Description": "takes servers from racked and cabled to accepted by the cloud\n"
        " It finds BMCs, compares each server with its profile, burns it in, installs it,\n"
        " tests what was installed, signs a certificate and hands the node over.",
    }
    put(tree / "DEBIAN/control", "".join(f"{key}: {value}\n" for key, value in facts.items()))
    put(tree / "DEBIAN/conffiles", f"{SETTINGS}\n")
    for script in ("postinst", "prerm", "postrm"):
        shutil.copy(HERE / script, tree / "DEBIAN")
        (tree / "DEBIAN" / script).chmod(0o755)


def put(path: Path, text: str) -> None:
    """A file that everybody may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make(folder: Path) -> Path:
    """Build it; the package's path."""
    folder.mkdir(parents=True, exist_ok=True)
    os.umask(0o022)
    with tempfile.TemporaryDirectory() as work:
        run(sys.executable, "-m", "build", "--wheel", "--outdir", work, ROOT)
        (wheel,) = Path(work).glob("*.whl")
        tree = Path(work) / "tree"
        tree.mkdir()
        environment(tree, wheel)
        documents(tree, run("git", "log", "-1", "--format=%cs"))
        service(tree)
        control(tree)
        os.environ["SOURCE_DATE_EPOCH"] = run("git", "log", "-1", "--format=%ct")
        run("dpkg-deb", "--root-owner-group", "-Zxz", "-z1", "--build", tree, folder)
    return max(folder.glob(f"metalctl_{metalctl.__version__}_*.deb"))


if __name__ == "__main__":
    sys.stdout.write(f"{make(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / 'dist'))}\n")
