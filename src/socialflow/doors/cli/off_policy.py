"""`socialflow eval off-policy`: what a policy would have earned, from the log of another."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from socialflow.doors.cli import console
from socialflow.doors.cli.options import grouped


@dataclass(frozen=True, slots=True)
class Judging:
    """Which policy is judged by which log; each field is an option."""

    data: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Directory POLICY/CAMPAIGN/CAMPAIGN.csv.")]
    logged: Annotated[str, typer.Option(help="Policy whose log is read.")] = "random"
    target: Annotated[str, typer.Option(help="Policy that is judged.")] = "bts"
    campaign: Annotated[str | None, typer.Option(help="Only this campaign.")] = None
    clip: Annotated[float | None, typer.Option(help="Cut importance weights to this.")] = None
    threshold: Annotated[float, typer.Option(help="Weight above which SWITCH trusts the model.")] = 10.0
    seed: Annotated[int, typer.Option(min=0, help="Of folds and bootstrap.")] = 0
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report here; - is standard output.")] = (
        None
    )


@grouped
def off_policy(judging: Judging) -> None:
    """Estimate the value of one logged policy from the log of another, beside its own click rate."""
    from socialflow.training.off_policy_eval import evaluate_off_policy

    report = evaluate_off_policy(
        judging.data,
        logged=judging.logged,
        target=judging.target,
        campaign=judging.campaign,
        clip=judging.clip,
        threshold=judging.threshold,
        seed=judging.seed,
    )
    if not console.hand_over(report, judging.json):
        return
    _show(report)


def _show(report: dict[str, Any]) -> None:
    rows: list[tuple[object, ...]] = []
    for campaign, told in report["campaigns"].items():
        truth = told["truth"]
        rows.append((campaign, f"{report['target']}, its own log", *_ends(truth), "", truth["rows"]))
        for name, made in told["estimates"].items():
            error = "" if made["relative_error"] is None else f"{100 * made['relative_error']:.0f} %"
            rows.append((campaign, name, *_ends(made), error, round(made["effective_sample_size"])))
    console.table(("campaign", "by", "value", "95 % interval", "off by", "effective rows"), rows)


def _ends(made: dict[str, Any]) -> tuple[str, str]:
    return f"{made['value']:.5f}", f"{made['low']:.5f} to {made['high']:.5f}"


def register(eval_app: typer.Typer) -> None:
    """Add the command."""
    eval_app.command("off-policy", epilog="Example: socialflow eval off-policy --data open-bandit --json report.json")(
        off_policy
    )
