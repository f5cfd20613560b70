"""A site adds one of each from outside of the checkout, as the how-to pages say, and it is used."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from metalctl.bmc import quirks
from metalctl.boot.build import recipe
from metalctl.cli.main import run
from metalctl.content import checks, images, profiles
from metalctl.engine.durability import bundle
from metalctl.model.codec import encode
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory, Nic, PcieDevice, PcieLink
from metalctl.model.match import match
from tests.unit.manual._pages import HERE

Out = pytest.CaptureFixture[str]
NOT_RUN = "<!-- not run:"
BLOCK = re.compile(r"(?:^(<!-- [^\n]*-->)\n)?^```(sh|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOSSIERS = HERE / "tests/unit/report/data"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A site's folder in the place of /etc/metalctl."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setenv("METALCTL_CONTENT", str(folder))
    monkeypatch.setenv("METALCTL_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("METALCTL_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    quirks.forget()
    bundle.build.cache_clear()
    yield folder
    quirks.forget()
    bundle.build.cache_clear()


def follow(page: str, site: Path) -> None:
    """What a reader of the page does: writes its files and types its commands, each of which ends with 0."""
    for mark, kind, text in BLOCK.findall((HERE / "docs/howto" / f"{page}.md").read_text()):
        here = text.replace("/etc/metalctl", str(site)).replace("SHIPPED", str(HERE))
        if mark.startswith(NOT_RUN):
            continue
        if kind == "yaml":
            file = Path(here.splitlines()[0].removeprefix("# "))
            file.parent.mkdir(exist_ok=True)
            file.write_text(here)
        for line in here.splitlines() if kind == "sh" else ():
            if line.startswith("metalctl "):
                assert run(shlex.split(line)[1:]) == 0, line
            else:
                subprocess.run(["sh", "-c", line], check=True)


def result(folder: Path, speed: int) -> str:
    """How port-speed ends on a machine with one port, run by what travels to a node and nothing else of this one."""
    with tarfile.open(fileobj=io.BytesIO(bundle.build()[1])) as tar:
        tar.extractall(folder / "node")
    machine = folder / "inventory.json"
    port = Nic("eth0", "52:54:00:00:00:01", speed=speed * 10**9, link=True)
    machine.write_text(json.dumps(encode(Inventory("in-band", Identity(serial="N1"), nics=(port,)))))
    words = ["run", "--local", "--check", "port-speed", "--limit", "port-speed.min_speed=25 Gb/s"]
    program = "import sys; sys.path.insert(0, '.'); from metalctl.node.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-I", "-S", "-c", program, *words]
    places = {"PATH": os.environ["PATH"], "METALCTL_INVENTORY": str(machine)}
    done = subprocess.run(command, cwd=folder / "node", env=places, capture_output=True, text=True)
    return next(line.split()[0] for line in done.stdout.splitlines() if line.split()[1:2] == ["port-speed"])


@pytest.mark.slow  # the runner, twice, as on a node
def test_a_check_is_listed_asked_for_and_runs_on_a_node_with_ours(site: Path, tmp_path: Path) -> None:
    follow("add-check", site)
    assert "port-speed" in checks.catalogue()
    assert profiles.load("r7-compute").checks["port-speed"] == {"min_speed": 25e9}
    with tarfile.open(fileobj=io.BytesIO(bundle.build()[1])) as tar:
        assert {"checks/port_speed.py", "checks/bond.py"} <= set(tar.getnames())
    assert (result(tmp_path, 25), result(tmp_path, 10)) == ("PASS", "FAIL")


def test_a_check_that_others_can_write_to_goes_to_no_node(site: Path, capsys: Out) -> None:
    assert run(["check", "new", "port-speed"]) == 0
    (site / "checks").chmod(0o777)
    assert "other users can write" in checks.catalogue()["port-speed"].broken
    with pytest.raises(checks.PluginError, match="other users can write"):
        bundle.build()


def capture(folder: Path, **manager: str) -> Path:
    """A recorded BMC: a service root, a system and the manager that it names."""
    resources = {
        "": {"Vendor": "Acme", "Systems": {"@odata.id": "/redfish/v1/Systems"}},
        "Systems": {"Members": [{"@odata.id": "/redfish/v1/Systems/1"}]},
        "Systems/1": {"Model": "X1", "Links": {"ManagedBy": [{"@odata.id": "/redfish/v1/Managers/bmc"}]}},
        "Managers/bmc": manager,
    }
    for path, resource in resources.items():
        file = folder / "redfish/v1" / path / "index.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(resource))
    return folder


def test_a_quirk_applies_to_a_capture(site: Path, tmp_path: Path, capsys: Out) -> None:
    tree = capture(tmp_path / "r7n03.tar.gz", FirmwareVersion="1.20")
    follow("add-quirk", site)
    said = capsys.readouterr().out
    assert f"acme-slow applies to {tree.name}: 2 of 2 conditions match" in said
    quirks.forget()
    found = quirks.quirks_of(root={"Vendor": "Acme"}, manager={"FirmwareVersion": "1.20"})
    assert (found.names, found.power_poll) == (("acme-slow",), 5.0)


NEAR = {
    "another value": ("manager.FirmwareVersion: ^1", {"FirmwareVersion": "2.04"}, "differs", 'is "2.04", wanted ^1'),
    "other case": ("manager.Model: ^acme", {"Model": "ACME 3"}, "differs", "(?i)"),
    "the property of another resource": ("manager.Model: ^X", {}, "absent", 'near: system.Model matches: "X1"'),
    "nearly that name": ("manager.FirmwareVersio: ^1", {"FirmwareVersion": "1.2"}, "absent",
                         'near: manager.FirmwareVersion is there: "1.2"'),
    "nothing": ("manager.Oem.Acme: ''", {}, "absent", "absent   manager.Oem.Acme"),
}  # fmt: skip


@pytest.mark.parametrize("case", NEAR.values(), ids=NEAR.keys())
def test_a_quirk_that_nearly_applies_says_what_stands_there(
    case: tuple[str, dict[str, str], str, str], tmp_path: Path, capsys: Out
) -> None:
    condition, manager, mark, said = case
    file = tmp_path / "own.yaml"
    file.write_text(f"about: a\nsource: b\nwhen:\n  root.Vendor: ^Acme$\n  {condition}\nset: {{power_poll: 5}}\n")
    tree = capture(tmp_path / "tree", **manager)
    assert run(["quirk", "check", str(file), str(tree)]) == 1
    text = " ".join(capsys.readouterr().out.split())
    assert "1 of 2 conditions match" in text
    assert 'matches root.Vendor is "Acme"' in text
    assert f"{mark} manager." in text
    assert " ".join(said.split()) in text
    assert run(["quirk", "check", str(file), str(tree), "--json"]) == 1
    assert [c["matches"] for c in json.loads(capsys.readouterr().out)[0]] == [True, False]


def test_a_quirk_with_mistakes_is_refused_with_its_line(tmp_path: Path, capsys: Out) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("about: a\nsource: b\nwhen: {root.Vendor: ^Acme$}\nset: {power_pol: 5}\n")
    assert run(["quirk", "check", str(file)]) == 2
    assert "own.yaml:4:7" in capsys.readouterr().err


def test_a_target_is_rendered_handed_over_and_read_back(site: Path, tmp_path: Path, capsys: Out) -> None:
    follow("add-target", site)
    capsys.readouterr()
    source = ["--from", str(DOSSIERS / "accepted.json")]
    settings = ["--config", str(site / "metalctl.yaml")]
    assert run(["handover", "assets", "--dry-run", *source, *settings]) == 0
    assert '"role": "compute"' in capsys.readouterr().out
    assert run(["handover", "assets", *source, *settings, "-o", str(tmp_path / "cloud")]) == 0
    assert "2 of 2 facts agree" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("    require_accepted(dossiers)\n", "    return {}['x']\n"), r"assets\.py:\d+: KeyError: 'x'"),
        (('return "".join(', "return list("), r"preview must return str"),
        (("def read_back(", "def read_bakc("), r"the function read_back is missing"),
        (("import json\n", "import jsn\n"), r"assets\.py:\d+: ModuleNotFoundError"),
        (("import json\n", "import json as\n"), r"assets\.py:\d+: "),
    ],
)
def test_a_broken_target_is_named_by_file_and_line(
    site: Path, tmp_path: Path, capsys: Out, change: tuple[str, str], said: str
) -> None:
    assert run(["target", "new", "assets"]) == 0
    file = site / "targets/assets.py"
    text = file.read_text()
    assert change[0] in text
    file.write_text(text.replace(*change))
    words = ["handover", "assets", "--from", str(DOSSIERS / "accepted.json"), "-o", str(tmp_path / "cloud")]
    codes = {run([*words, *more]) for more in ([], ["--dry-run"])}
    told = capsys.readouterr().err
    assert 2 in codes
    assert re.search(said, told), told
    assert "Traceback" not in told


def test_a_target_that_reads_nothing_back_is_no_agreement(site: Path, tmp_path: Path, capsys: Out) -> None:
    assert run(["target", "new", "assets"]) == 0
    file = site / "targets/assets.py"
    file.write_text(re.sub(r"    return compare\(.*\n", "    return ()\n", file.read_text()))
    words = ["handover", "assets", "--from", str(DOSSIERS / "accepted.json"), "-o", str(tmp_path / "cloud")]
    assert run(words) == 2
    assert "read_back must return a tuple of one Finding" in capsys.readouterr().err


def test_an_operating_system_is_asked_for_and_its_recipe_is_read(site: Path) -> None:
    follow("add-os", site)
    assert images.names() == ["debian-12", "debian-12-metrics"]
    assert profiles.load("r7-compute").install.os == "debian-12-metrics"
    read = recipe.load(site / "pxe/images/debian-12-metrics")
    assert "prometheus-node-exporter" in read.packages
    assert HERE / "pxe/ramdisk/phone-home" in read.overlays


def test_a_requirement_is_listed_and_judged(site: Path, capsys: Out) -> None:
    follow("add-requirement", site)
    listed = capsys.readouterr().out
    assert re.search(r"^gpu-width +pcie\.link\.width +Every GPU has all its PCIe lanes$", listed, re.MULTILINE)
    cards = tuple(
        PcieDevice(f"0000:{n}1:00.0", "gpu", model="NVIDIA H100", slot=f"{n}", link=PcieLink(width=16 if n else 8))
        for n in range(8)
    )
    machine = Inventory("in-band", Identity(serial="N1"), pcie=cards, kernel="6.1.0-28-amd64")
    found = {f.requirement: f for f in match(machine, profiles.load("r7-gpu")) if f.requirement.startswith("site.")}
    verdicts = {name: str(f.verdict) for name, f in found.items()}
    assert verdicts == {"site.gpus": "PASS", "site.gpu-width": "FAIL", "site.our-kernel": "PASS"}
    assert (found["site.gpu-width"].part, found["site.gpu-width"].got) == ("0", "8")


def test_a_requirement_with_mistakes_is_named_by_file_and_line(site: Path, capsys: Out) -> None:
    assert run(["requirement", "list"]) == 0
    assert "metalctl requirement new NAME" in capsys.readouterr().out
    for name in ("gpu-width", "fans"):
        assert run(["requirement", "new", name]) == 0
    file = site / "requirements/fans.yaml"
    file.write_text(file.read_text().replace("link.width", "link.wide"))
    capsys.readouterr()
    for options in ([], ["--json"]):
        assert run(["requirement", "list", *options]) == 2
        told = capsys.readouterr()
        assert "fans.yaml:5:" in told.err
        assert "gpu-width" in told.out


@pytest.mark.parametrize("what", ["check", "quirk", "requirement", "target"])
def test_new_overwrites_nothing_and_takes_no_name_of_ours(what: str, site: Path, tmp_path: Path, capsys: Out) -> None:
    elsewhere = tmp_path / "elsewhere"
    assert run([what, "new", "own-one", "--dir", str(elsewhere)]) == 0
    assert f"export METALCTL_CONTENT={elsewhere}" in capsys.readouterr().out
    before = {path: path.read_text() for path in elsewhere.rglob("*") if path.is_file()}
    assert len(before) == 2
    assert run([what, "new", "own-one", "--dir", str(elsewhere)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert {path: path.read_text() for path in elsewhere.rglob("*") if path.is_file()} == before
    taken = site / "requirements/gpu-count.yaml"
    taken.parent.mkdir(exist_ok=True)
    taken.write_text("about: GPUs\nparts: pcie\nremedy: add one\n")
    names = {"check": "nvme-randread", "quirk": "dell-not-ready", "requirement": "gpu-count", "target": "kolla"}
    ours = names[what]
    for name in (ours, "Own", "../own", ""):
        assert run([what, "new", name, "--dir", str(elsewhere)]) == 2
    assert {path: path.read_text() for path in elsewhere.rglob("*") if path.is_file()} == before


@pytest.mark.slow  # pytest itself, twice
def test_the_tests_that_new_writes_pass_and_see_a_change(site: Path, tmp_path: Path, capsys: Out) -> None:
    for what in ("check", "quirk", "requirement", "target"):
        assert run([what, "new", "own-one"]) == 0
    printed = [shlex.split(line) for line in capsys.readouterr().out.splitlines() if " -m pytest " in line]
    assert [words[0] for words in printed] == [sys.executable] * 4
    command = [*printed[0][:3], *(words[3] for words in printed), "-q", "-p", "no:cacheprovider"]
    surroundings = {**os.environ, "PYTHONPATH": str(HERE)}
    for code, change in ((0, None), (1, ("5}", "6}"))):
        if change:
            quirk = site / "quirks/own-one.yaml"
            quirk.write_text(quirk.read_text().replace(*change))
            command = [*command, "-k", "quirk"]
        done = subprocess.run(command, cwd=tmp_path, env=surroundings, capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr
