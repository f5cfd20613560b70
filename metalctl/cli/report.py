"""`metalctl report`: pages, JUnit, JSON and certificates of nodes, and the verification of a certificate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from metalctl.cli._command import Group, group
from metalctl.cli._errors import HARDWARE, exit_with
from metalctl.cli._options import Home, InputFile, json_option, state_options
from metalctl.model.verdict import Verdict

if TYPE_CHECKING:
    from metalctl.model.cohort import Cohort
    from metalctl.model.dossier import Dossier

# By what report.judge says.
_VERDICTS = {"failed": Verdict.FAIL, "undecided": Verdict.UNKNOWN, "in-progress": Verdict.UNKNOWN}
_PATH = click.Path(path_type=Path)


class _Report(Group):
    """`report NODE` is `report write NODE`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = args and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else ["write", *args])


@group(cls=_Report)
def report() -> None:
    """Write the report of a node or of a batch, or verify a certificate.

    `metalctl report NODE` is short for `metalctl report write NODE`; see `metalctl report write --help`.

    Examples:
      metalctl report r7n03 --open
      metalctl report --batch -o /srv/reports
      metalctl report verify r7n03.certificate.json --key certificate.pub
    """


@report.command()
@click.argument("node", required=False)
@click.option("--batch", is_flag=False, flag_value="", metavar="[BATCH]", help="A whole batch, by default the newest.")
@click.option(
    "--from", "source", type=InputFile(), metavar="FILE", help="From a NODE.json or batch.json; no store is needed."
)
@click.option("-o", "--output", type=_PATH, metavar="DIR", default=Path("report"), show_default=True, help="Where to.")
@click.option("--open", "show", is_flag=True, help="Open the page in a browser.")
@json_option
@state_options
def write(
    node: str | None,
    batch: str | None,
    source: Path | None,
    output: Path,
    show: bool,
    as_json: bool,
    home: Home,
) -> None:
    """Write the page (HTML, opens offline), JUnit XML and JSON of a node, or of each node of a batch with an index.

    Exit code: 0 all accepted, 1 some failed, 3 nothing failed but some are undecided or still on their way.

    Examples:
      metalctl report write r7n03 --open
      metalctl report write --from r7n03.json -o /tmp/x
    """
    import json

    from metalctl.model.codec import encode
    from metalctl.model.verdict import exit_code
    from metalctl.report import judge, write_batch, write_node

    dossiers = _dossiers(node, batch, source, home)
    single = len(dossiers) == 1 and batch is None
    alike = _alike(dossiers[0], home) if single and source is None else ()
    artifacts = write_node(dossiers[0], output, alike) if single else write_batch(dossiers, output)
    states = {d.node: judge(d).state for d in dossiers}
    if as_json:
        click.echo(json.dumps({"states": states, "artifacts": encode(artifacts)}))
    else:
        for name, state in states.items():
            click.echo(f"{name}: {state}")
        click.echo(f"report: {artifacts[0].path}")
    if show:
        click.launch(artifacts[0].path)
    exit_with(exit_code(_VERDICTS.get(state, Verdict.PASS) for state in states.values()))


@report.command()
@click.argument("certificate", type=InputFile())
@click.option("--key", type=InputFile(), multiple=True, metavar="PUB",
              help="A public key of the provisioner that issued it; by default those of this provisioner.")  # fmt: skip
@click.option("--node", metavar="NODE", help="Compare it with this node, as its BMC reads it now.")
@click.option("--local", is_flag=True, help="Compare it with this machine.")
@json_option
@state_options
def verify(
    certificate: Path,
    key: tuple[Path, ...],
    node: str | None,
    local: bool,
    as_json: bool,
    home: Home,
) -> None:
    """Verify the signature and the validity of a certificate, and say what it states.

    With --node or --local the machine is read and compared part by part: a part that is missing, new or another one is
    named.

    Exit code: 0 it holds, 1 it does not (or the machine is not the one that was certified), 2 it is not a certificate.

    Examples:
      metalctl report verify r7n03.certificate.json --key certificate.pub
      metalctl report verify r7n03.certificate.json --local
    """
    from metalctl.cli._certificate import compare, show, verified

    if node and local:
        raise click.UsageError("--node and --local are two machines: hold one at a time")
    statement = verified(certificate, key, home)
    different = compare(statement, node, home) if node or local else None
    show(statement, different, as_json=as_json)
    if different:
        exit_with(HARDWARE)


@report.command(name="rotate-key")
@click.option("--yes", is_flag=True, help="Do not ask.")
@state_options
def rotate_key(yes: bool, home: Home) -> None:
    """Sign with a new key from now on. The old private key is deleted; its public half stays published next to the new.

    Certificates that were signed before still verify with the old public key.

    Examples:
      metalctl report rotate-key
    """
    from metalctl.engine.evidence.reporting import signing_key
    from metalctl.report.keys import published, rotate

    path = signing_key(home.state().create())
    if not yes:
        click.confirm(f"Replace the signing key {path}?", abort=True, err=True)
    old, new = rotate(path)
    click.echo(f"signs with key {new[:16]} from now on" + (f"; {old[:16]} is retired" if old else ""))
    for public in published(path):
        click.echo(f"  public: {public}")


def _alike(dossier: Dossier, home: Home) -> Sequence[Cohort]:
    from metalctl.engine.evidence.cohorts import load_of_node

    return load_of_node(home.state(), dossier.node, dossier.profile)


def _dossiers(node: str | None, batch: str | None, source: Path | None, home: Home) -> list[Dossier]:
    if source is not None:
        from metalctl.report import read_dossiers

        found = [d for d in read_dossiers(source) if node in (None, d.node)]
        if not found:
            raise click.UsageError(f"{source} holds no {node or 'node'}")
        return found
    if (node is None) == (batch is None):
        raise click.UsageError("name a NODE, or give --batch")
    from metalctl.engine.evidence.dossiers import load_batch, load_dossier

    state = home.state()
    return load_batch(state, batch or None) if node is None else [load_dossier(state, node)]
