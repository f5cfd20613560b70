"""`metalctl cohort`: where equal parts of all nodes stand, and which stand apart."""

from __future__ import annotations

import json

import click

from metalctl.cli._command import command
from metalctl.cli._errors import exit_with
from metalctl.cli._options import Home, json_option, state_options


@command()
@click.argument("metric", required=False)
@click.option("--all", "everything", is_flag=True, help="With METRIC: print every part, not only what stands apart.")
@json_option
@state_options
def cohort(metric: str | None, everything: bool, as_json: bool, home: Home) -> None:
    """Compare what the checks measured on parts of the same hardware and firmware.

    Without METRIC it lists what was measured: how many parts, the median, the spread, and which parts stand apart.
    METRIC is a check, or a check and what it measured; `*` stands for any text.

    A part is an outlier (FAIL) when it is worse than the median of its cohort by more than 3 times what repeated
    measurements differ (CV), and its robust z is beyond 3.5. That takes 3 measurements of the part. In a cohort of
    fewer than 5 parts only the limits of the profile count.

    Exit code 0 when nothing stands apart, 1 when a part is an outlier or beyond its limit, 3 when a part could not be
    compared or has to be measured again.

    Examples:
      metalctl cohort
      metalctl cohort nvme-randread.read_iops
      metalctl cohort 'hdd-*' --all
      metalctl cohort --json | jq -r '.cohorts[].metric'
    """
    from metalctl.cli import _cohort_page
    from metalctl.engine.evidence.cohorts import load_cohorts
    from metalctl.model.errors import UsageError
    from metalctl.model.verdict import Verdict, exit_code

    state = home.state()
    patterns = ("*",) if metric is None else (metric, f"{metric}.*")
    found, alone = load_cohorts(state, patterns) if state.remembers else ([], [])
    if metric is not None and not found and not alone:
        raise UsageError(f"no measurement is called {metric!r}", hint="metalctl cohort lists what was measured")
    if as_json:
        click.echo(json.dumps(_cohort_page.as_json(found, alone), ensure_ascii=False))
    elif not found and not alone:
        click.echo("nothing was measured yet: metalctl enroll nodes.csv")
    else:
        lines = _cohort_page.overview(found) if metric is None else _cohort_page.details(found, everything)
        click.echo("\n".join([*lines, *_cohort_page.uncompared(alone)]))
    unclear = [Verdict.UNKNOWN] if alone else []
    exit_with(exit_code([*(s.place.mark.verdict for c in found for s in c.standings), *unclear]))
