"""The report of an audit: how far to trust it, the suspects with pictures, the confusions; one HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8

from maquette.audit import Audit, Evidence, Trial, confusions
from maquette.bench.pictures import picture
from maquette.data.store import Store
from maquette.encoders import Embedded
from maquette.plots import Doubt, Figure, Section, Table, doubt_sheet, save_png, write_report

__all__ = ["EXAMPLES", "draw_sheets", "seen_labels", "write_audit_report"]

EXAMPLES = 3
"""Objects of each class that stand beside a suspect."""

_A_SHEET = 12
_LISTED = 200
_PICTURED = ("image", "mesh", "pointcloud")


def draw_sheets(
    audit: Audit,
    found: Mapping[int, Evidence],
    store: Store,
    rows: Int[np.ndarray, "N"],
    embedded: Embedded,
    out: Path,
    shown: int,
) -> list[Figure]:
    """Draw the first `shown` suspects into `out`, twelve a sheet; none where the store holds vectors alone."""
    drawn = [name for name in _PICTURED if name in embedded.representations and "features" not in store.fields[name]]
    having = [row for row in list(found)[:shown] if any(embedded.present[name][row] for name in drawn)]

    def show(row: int) -> UInt8[np.ndarray, "_ _ 3"]:
        return picture(store, int(rows[row]), next(name for name in drawn if embedded.present[name][row]))

    sheets = []
    for start in range(0, len(having), _A_SHEET):
        part = having[start : start + _A_SHEET]
        doubts = [
            Doubt(
                show(row),
                store.class_names[audit.labels[row]],
                store.class_names[audit.joint.proposed[row]],
                float(audit.joint.wrong[row]),
                *(
                    [show(other) for other in examples if any(embedded.present[name][other] for name in drawn)]
                    for examples in (found[row].given_examples, found[row].proposed_examples)
                ),
            )
            for row in part
        ]
        path = out / f"suspects_{start // _A_SHEET + 1:02d}.png"
        save_png(doubt_sheet(doubts, examples=EXAMPLES), path)
        words = f"Suspects {start + 1} to {start + len(part)}"
        sheets.append(Figure(path, f"{words}, the most probable first.", f"{words} with examples of both classes"))
    return sheets


def write_audit_report(
    path: Path,
    audit: Audit,
    facts: Mapping[str, Any],
    found: Mapping[int, Evidence],
    trials: Sequence[Trial],
    sheets: Sequence[Figure],
    *,
    ids: Sequence[str],
    names: Sequence[str],
    threshold: float,
) -> None:
    """Write the report to `path`; `facts` are those of `audit.json`, `found` the suspects in order."""
    suspects = Table(
        ("object", "given as", "proposed", "P(wrong)", "agreeing", "neighbours: given → proposed"),
        [
            (
                ids[row],
                names[audit.labels[row]],
                names[audit.joint.proposed[row]],
                f"{audit.joint.wrong[row]:.2f}",
                ", ".join(audit.agreeing(row, threshold)) or "none alone",
                ", ".join(f"{name} {100 * own:.0f} → {100 * other:.0f} %" for name, (own, other) in e.votes.items()),
            )
            for row, e in list(found.items())[:_LISTED]
        ],
        f"The first {min(_LISTED, len(found))} of {len(found)}; suspects.csv has all.",
    )
    sections = [
        Section("How far to trust this", text=_trust(facts), tables=[_trials_table(trials)] if trials else []),
        Section("Suspects", text=[] if found else ["None."], figures=sheets),
        Section("Confusions", tables=[_confusions_table(audit, names)], text=["Estimated, not counted."]),
        *([Section("Suspects, one by one", tables=[suspects])] if found else []),
    ]
    write_report(
        path,
        title="Suspicious labels",
        lead=f"{len(found):,} of {len(audit.labels):,} given labels are wrong with a probability of {threshold:g} or "
        f"more. The estimated rate of wrong labels is {100 * audit.rate:.1f} %. No label was changed: labels/ beside "
        "this file holds a corrected copy.",
        sections=sections,
        footer=f"Maquette {facts['provenance']['maquette']}, commit {facts['provenance']['commit']}, data "
        f"{facts['run']['data']['digest'][:16]}, split {facts['split']}, {audit.neighbours} neighbours.",
    )


def _trust(facts: Mapping[str, Any]) -> list[str]:
    lines = [warning for warning in (seen_labels(facts["encoders"]),) if warning]
    known = facts["against_true_labels"]
    if known:
        lines.append(
            f"The true labels are known here: {100 * known['noise_rate']:.1f} % are wrong; of those called wrong "
            f"{100 * known['precision']:.1f} % are, and {100 * known['recall']:.1f} % of the wrong ones are called so."
        )
    if facts["self_test"]:
        lines.append(
            "Wrong labels were planted among those that are believed, and the audit was run again. The table says how "
            "many of them it finds, and how many of those that it then calls wrong were planted."
        )
    return lines


def seen_labels(encoders: Mapping[str, Mapping[str, Any]]) -> str:
    """A sentence of warning where the representations may have seen the labels that are judged; else nothing."""
    if all(saw["labels"] == "none" for saw in encoders.values()):
        return ""
    names = ", ".join(sorted({str(saw["name"]) for saw in encoders.values() if saw["labels"] != "none"}))
    return (
        f"The representations are those of {names}, which may have learnt these labels by heart: wrong ones then look "
        "right, and the self-test, whose noise it has not seen, looks better than it is. For a fair audit train the "
        "method mvi, which reads no label, and audit that run."
    )


def _trials_table(trials: Sequence[Trial]) -> Table:
    def percent(value: float, interval: tuple[float, float]) -> str:
        return f"{100 * value:.1f} [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"

    return Table(
        ("planted", "rate", "precision", "recall", "F1", "rate estimated", "rate expected"),
        [
            (
                trial.kind.replace("_", "-"),
                f"{100 * trial.rate:g} %",
                percent(trial.precision, trial.interval("precision")),
                percent(trial.recall, trial.interval("recall")),
                f"{100 * trial.f1:.1f}",
                f"{100 * np.mean(trial.rates):.1f} %",
                f"{100 * np.mean(trial.expected):.1f} %",
            )
            for trial in trials
        ],
        "Self-test, in percent with 95 % intervals (Wilson). Symmetric: any other class; asymmetric: the class most "
        "like its own; instance-dependent: objects that look like another class.",
    )


def _confusions_table(audit: Audit, names: Sequence[str]) -> Table:
    return Table(
        ("truly", "given as", "share"),
        [(names[true], names[given], f"{100 * share:.1f} %") for true, given, share in confusions(audit)],
        "Largest estimated shares of a class's objects that carry another's label.",
    )
