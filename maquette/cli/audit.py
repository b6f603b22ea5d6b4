"""`maquette audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.app import JsonOption, answer, app, floats


@app.command()
def audit(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run's folder: best one of the method mvi.")],
    out: Annotated[
        Path, typer.Option(help="The folder to write: report.html, suspects.csv, audit.json, labels/.")
    ] = Path("audit"),
    split: Annotated[str, typer.Option(help="Whose labels: train or validation.")] = "train",
    threshold: Annotated[float, typer.Option(help="How probably wrong a label is to be called so, to 1.")] = 0.5,
    rates: Annotated[
        str, typer.Option(help="Rates of the noise that the self-test plants; an empty one leaves the test out.")
    ] = "0.1,0.3",
    repeats: Annotated[int, typer.Option(min=1, help="How often the self-test plants each kind at each rate.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Of what the self-test plants.")] = 0,
    shown: Annotated[int, typer.Option(min=0, help="How many suspects the report pictures.")] = 60,
    as_json: JsonOption = False,
) -> None:
    """Which given labels are probably wrong, and how well that is known: no label is changed.

    Neighbours in each modality and in all together vote on every label. A self-test plants wrong labels and counts what
    is found. Corrected labels are a copy, which training takes by [noise] kind = "file" and options = { folder =
    "OUT/labels" }.
    """
    from maquette.bench.audit_report import seen_labels
    from maquette.bench.audit_run import audit_run
    from maquette.cli.progress import say

    made = audit_run(
        run,
        out=out,
        split=split,
        threshold=threshold,
        rates=floats(rates, "--rates"),
        repeats=repeats,
        seed=seed,
        shown=shown,
        on_stage=lambda name: say(f"{name} ..."),
    )
    facts = made.facts
    lines = [
        f"{facts['suspects']} of {facts['objects']} labels look wrong (P >= {threshold:g}); "
        f"estimated noise rate {100 * facts['noise_rate']:.1f} %"
    ]
    suspects = made.audit.suspects(threshold)[:10]
    judged = [facts["judgements"][row] for row in suspects]
    width = max((len(each["id"]) for each in judged), default=0)
    for row, each in zip(suspects, judged, strict=True):
        by = ", ".join(made.audit.agreeing(int(row), threshold)) or "all together only"
        lines.append(f"  {each['p_wrong']:.2f}  {each['id']:{width}}  {each['given']} -> {each['proposed']} ({by})")
    if facts["suspects"] > len(suspects):
        lines.append(f"  and {facts['suspects'] - len(suspects)} more: suspects.csv has all")
    lines += [
        f"self-test, {trial.kind} {trial.rate:g}: {_scores(trial.precision, trial.recall, trial.f1)}"
        for trial in made.trials
    ]
    known = facts["against_true_labels"]
    if known:
        scores = _scores(known["precision"], known["recall"], known["f1"])
        lines.append(f"against the true labels: {scores}, rate {100 * known['noise_rate']:.1f} %")
    lines += [f"note: {warning}" for warning in (seen_labels(facts["encoders"]),) if warning]
    lines += [
        f"wrote {made.report}, suspects.csv, audit.json, labels/",
        f"to train on corrected labels: --set noise.kind=file --set noise.options.folder={out.absolute() / 'labels'}",
    ]
    values = {name: value for name, value in facts.items() if name != "judgements"}
    answer({**values, "out": str(out)}, as_json=as_json, text="\n".join(lines))


def _scores(precision: float, recall: float, f1: float) -> str:
    return f"precision {100 * precision:.1f} %, recall {100 * recall:.1f} %, F1 {100 * f1:.1f} %"
