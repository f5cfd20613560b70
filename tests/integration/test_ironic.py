"""Handing a node over to a real Ironic, whose driver speaks to sushy-emulator over TLS with a password.

The Ironic is that of tests/ironic/serve.py: installed once into its own environment under the cache.
"""

from __future__ import annotations

import base64
import itertools
import json
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

openstack = pytest.importorskip("openstack", reason="openstacksdk is not installed")
pytest.importorskip("sushy_tools", reason="sushy-tools is not installed")

from metalctl.handover import Settings, target  # noqa: E402
from metalctl.handover.errors import InUse, Unreachable  # noqa: E402
from metalctl.handover.ironic_api import ironic  # noqa: E402
from metalctl.lab.certificate import self_signed  # noqa: E402
from metalctl.model.codec import decode  # noqa: E402
from metalctl.model.dossier import Dossier  # noqa: E402
from metalctl.model.finding import Finding  # noqa: E402
from metalctl.model.verdict import Verdict  # noqa: E402

HERE = Path(__file__).resolve().parent
SERVE = HERE.parent / "ironic" / "serve.py"
SAMPLES = HERE.parent / "unit" / "report" / "data"
SYSTEM, OTHER = "27946b59-9e44-4fa7-8e91-f3527a1ef094", "27946b59-9e44-4fa7-8e91-f3527a1ef095"
SOMEBODY_ELSE = "7b0f8f1e-3d5a-4f6c-9b21-5a6d0c9e4f13"
NUMBERS = itertools.count(16)
PASSWORD = "s3cret-of-the-bmc"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),  # the first time, Ironic is installed
    # What openstacksdk deprecates in itself, and warns itself of.
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate of 127.0.0.1, as BMCs have them."""
    made = self_signed("bmc", "127.0.0.1")
    (folder / "bmc.crt").write_bytes(made.certificate)
    (folder / "bmc.key").write_bytes(made.key)
    return folder / "bmc.crt", folder / "bmc.key"


@pytest.fixture(scope="module")
def bmc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A Redfish service with two systems: its URL and its certificate."""
    import bcrypt

    folder = tmp_path_factory.mktemp("bmc")
    crt, key = certificate(folder)
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    (folder / "htpasswd").write_text(f"admin:{hashed}\n")
    systems = [{"uuid": u, "name": f"s{i}", "power_state": "Off", "nics": []} for i, u in enumerate((SYSTEM, OTHER))]
    settings = {"SUSHY_EMULATOR_FAKE_SYSTEMS": systems, "SUSHY_EMULATOR_AUTH_FILE": str(folder / "htpasswd")}
    settings["SUSHY_EMULATOR_STATE_DIR"] = str(folder)
    (folder / "conf.py").write_text("".join(f"{k} = {v!r}\n" for k, v in settings.items()))
    port = free_port()
    command = [str(Path(sys.executable).parent / "sushy-emulator"), "--config", str(folder / "conf.py"), "--fake"]
    command += ["-i", "127.0.0.1", "-p", str(port), "--ssl-certificate", str(crt), "--ssl-key", str(key)]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            wait_for(port, process, folder / "log")
            yield f"https://127.0.0.1:{port}", crt
        finally:
            process.terminate()
            process.wait(60)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"sushy-emulator did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def ironic_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Ironic."""
    folder = tmp_path_factory.mktemp("ironic")
    options = ["--dir", str(folder), "--address", "127.0.0.1", "--port", str(free_port())]
    up = subprocess.run([sys.executable, str(SERVE), "up", *options], capture_output=True, text=True)
    assert up.returncode == 0, up.stderr
    try:
        yield json.loads(up.stdout)["url"]
    finally:
        subprocess.run([sys.executable, str(SERVE), "down", "--dir", str(folder)], check=True)


@pytest.fixture
def settings(ironic_url: str, bmc: tuple[str, Path], tmp_path: Path) -> Settings:
    return Settings(
        tmp_path, ironic_url, credentials=lambda _: ("admin", PASSWORD), bmc_verify=str(bmc[1]), timeout=240
    )


def fresh(bmc_url: str) -> Dossier:
    """The accepted compute node, under a name and MAC addresses of its own."""
    text = (SAMPLES / "accepted.json").read_text()
    number = f"{next(NUMBERS):02x}"
    sample: Dossier = decode(Dossier, json.loads(text.replace("52:54:00:01:00", f"52:54:00:{number}:07")))
    return replace(sample, node=f"node-{number}", bmc_address=f"{bmc_url}?system={SYSTEM}")


@pytest.fixture(scope="module")
def one(bmc: tuple[str, Path]) -> Dossier:
    """The node that most tests share: bringing a node to `manageable` takes Ironic some seconds."""
    return fresh(bmc[0])


@pytest.fixture
def dossier(one: Dossier, settings: Settings) -> Dossier:
    """A node that was handed over, in whatever order the tests run."""
    target("ironic").hand_over([one], settings)
    return one


def bad(findings: tuple[Finding, ...]) -> list[Finding]:
    return [f for f in findings if f.verdict is not Verdict.PASS]


def raw(settings: Settings, dossier: Dossier) -> Any:
    with ironic(settings) as api:
        return api.get_node(dossier.node)


def test_a_node_is_enrolled_managed_and_read_back_with_ports_and_traits(
    settings: Settings, bmc: tuple[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    dossier = fresh(bmc[0])
    handed = target("ironic").hand_over([dossier], settings)
    findings = target("ironic").read_back(dossier, settings)
    assert bad(findings) == []
    seen = {f.requirement for f in findings}
    assert "handover.ironic.properties.memory_mb" in seen
    assert "handover.ironic.trait.HW_CPU_X86_VMX" in seen

    assert "enrolled, manageable" in handed.summary
    with ironic(settings) as api:
        node = api.get_node(dossier.node)
        ports = {p.address: p for p in api.ports(details=True, node_uuid=node.id)}
    assert (node.provision_state, node.resource_class) == ("manageable", "baremetal-compute")
    assert node.power_state == "power off"  # Ironic itself has asked the BMC
    assert node.properties["memory_mb"] == 512 * 1024
    assert node.properties["root_device"] == {"serial": "BTYF1001"}
    assert len(ports) == 3
    first = ports[min(ports)].local_link_connection
    assert first == {"switch_id": "00:1c:73:aa:00:01", "port_id": "Ethernet1", "switch_info": "tor-a1"}

    told = handed.summary + caplog.text + repr(findings) + target("ironic").preview([dossier], settings)
    assert PASSWORD not in told
    assert base64.b64encode(PASSWORD.encode()).decode() not in told


def test_handing_over_twice_updates_and_keeps_what_others_wrote(settings: Settings, dossier: Dossier) -> None:
    ironic_target = target("ironic")
    before = raw(settings, dossier)
    with ironic(settings) as api:
        api.update_node(before, properties={**before.properties, "theirs": "stays"})
        api.add_node_trait(before, "CUSTOM_THEIRS")
    changed = replace(dossier, profile="compute-dense", role="compute")
    assert "updated, manageable" in ironic_target.hand_over([changed], settings).summary
    after = raw(settings, dossier)
    assert after.id == before.id
    assert (after.resource_class, after.properties["theirs"]) == ("baremetal-compute-dense", "stays")
    assert "CUSTOM_THEIRS" in after.traits
    assert bad(ironic_target.read_back(changed, settings)) == []


def test_memory_changed_behind_our_back_is_found(settings: Settings, dossier: Dossier) -> None:
    node = raw(settings, dossier)
    with ironic(settings) as api:
        api.update_node(node, properties={**node.properties, "memory_mb": 1024})
    found = bad(target("ironic").read_back(dossier, settings))
    assert [(f.requirement, f.verdict, f.expected, f.got) for f in found] == [
        ("handover.ironic.properties.memory_mb", Verdict.FAIL, "524288", "1024")
    ]
    assert "metalctl handover ironic" in found[0].remedy


def test_a_port_and_a_trait_removed_behind_our_back_are_found(settings: Settings, dossier: Dossier) -> None:
    node = raw(settings, dossier)
    with ironic(settings) as api:
        port = next(iter(api.ports(node_uuid=node.id)))
        api.delete_port(port)
        api.remove_node_trait(node, "HW_CPU_X86_VMX")
    found = {f.requirement for f in bad(target("ironic").read_back(dossier, settings))}
    assert found == {f"handover.ironic.port {port.address}", "handover.ironic.trait.HW_CPU_X86_VMX"}


def test_a_node_that_ironic_does_not_have_is_a_fail(settings: Settings, dossier: Dossier) -> None:
    found = target("ironic").read_back(replace(dossier, node="never-seen"), settings)
    assert [(f.verdict, f.got) for f in found] == [(Verdict.FAIL, "it is not")]


def test_another_machine_under_the_same_name_is_left_alone(settings: Settings, dossier: Dossier) -> None:
    other = replace(dossier, identity=replace(dossier.identity, uuid=SOMEBODY_ELSE), profile="other")
    with pytest.raises(InUse, match="another machine"):
        target("ironic").hand_over([other], settings)
    assert raw(settings, dossier).resource_class == "baremetal-compute"


def test_a_port_of_another_node_is_not_taken(settings: Settings, dossier: Dossier) -> None:
    with pytest.raises(InUse, match="belongs to the Ironic node"):
        target("ironic").hand_over([replace(dossier, node=f"{dossier.node}-b")], settings)
    found = target("ironic").read_back(replace(dossier, node=f"{dossier.node}-b"), settings)
    assert found[0].got == "it is not"


def test_a_wrong_password_is_an_error_and_no_success(settings: Settings, bmc: tuple[str, Path]) -> None:
    dossier = fresh(bmc[0])
    wrong = replace(settings, credentials=lambda _: ("admin", "wrong-password"))
    with pytest.raises(Unreachable) as failed:
        target("ironic").hand_over([dossier], wrong)
    assert "wrong-password" not in failed.value.message
    states = [f for f in target("ironic").read_back(dossier, settings) if f.requirement.endswith("provision_state")]
    assert [(s.verdict, s.got) for s in states] == [(Verdict.FAIL, "enroll")]
    # With the right one, the same call mends it.
    target("ironic").hand_over([dossier], settings)
    assert bad(target("ironic").read_back(dossier, settings)) == []


def test_an_ironic_that_is_down_is_an_error_and_no_verdict(settings: Settings, dossier: Dossier) -> None:
    down = replace(settings, ironic_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unreachable, match="the service is unavailable"):
        target("ironic").read_back(dossier, down)
