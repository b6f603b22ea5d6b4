"""An audit as files: suspects as CSV, everything as JSON, and corrected labels that training takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from maquette.audit.evidence import Evidence
from maquette.audit.selftest import Trial
from maquette.audit.suspects import Audit
from maquette.data.noise import NoisyLabels
from maquette.spreadsheet import csv_line

__all__ = ["audit_as_json", "confusions", "corrected_labels", "suspects_as_csv"]


def suspects_as_csv(
    audit: Audit,
    found: Mapping[int, Evidence],
    *,
    ids: Sequence[str],
    files: Sequence[str],
    class_names: Sequence[str],
    threshold: float,
) -> str:
    """A line a suspect in the order of `found`: what is doubted, how much, by which modalities, and the evidence.

    `ids` and `files` are those of all objects; examples are named by id. Probabilities and shares are 0 to 1; a
    modality that the object lacks leaves its cells empty.
    """
    modalities = list(audit.by_modality)
    per_modality = [f"{name}_{what}" for name in modalities for what in ("p_wrong", "votes_given", "votes_proposed")]
    head = ["rank", "id", "given", "proposed", "p_wrong", "agreeing", *per_modality]
    lines = [csv_line([*head, "like_given", "like_proposed", "file"])]
    for rank, (row, evidence) in enumerate(found.items(), start=1):
        cells: list[object] = [rank, ids[row], *_classes(audit, row, class_names), f"{audit.joint.wrong[row]:.4f}"]
        cells.append(" ".join(audit.agreeing(row, threshold)))
        for name in modalities:
            if name in evidence.votes:
                cells += [f"{audit.by_modality[name].wrong[row]:.4f}", *(f"{v:.3f}" for v in evidence.votes[name])]
            else:
                cells += ["", "", ""]
        for examples in (evidence.given_examples, evidence.proposed_examples):
            cells.append(" ".join(ids[other] for other in examples))
        lines.append(csv_line([*cells, files[row]]))
    return "".join(lines)


def audit_as_json(
    audit: Audit,
    *,
    ids: Sequence[str],
    class_names: Sequence[str],
    threshold: float,
    trials: Sequence[Trial] = (),
) -> dict[str, Any]:
    """Everything that was found, as JSON values: rate, confusions, every object's judgement, the self-test."""
    suspects = audit.suspects(threshold)
    return {
        "objects": len(audit.labels),
        "threshold": threshold,
        "suspects": len(suspects),
        "noise_rate": round(audit.rate, 6),
        "neighbours": audit.neighbours,
        "confusions": [
            {"true": class_names[true], "given": class_names[given], "share": round(share, 6)}
            for true, given, share in confusions(audit)
        ],
        "judgements": [
            {
                "id": ids[row],
                "given": class_names[audit.labels[row]],
                "proposed": class_names[audit.joint.proposed[row]],
                "p_wrong": round(float(audit.joint.wrong[row]), 6),
                "modalities": {
                    name: {
                        "p_wrong": round(float(alone.wrong[row]), 6),
                        "proposed": class_names[alone.proposed[row]],
                    }
                    for name, alone in audit.by_modality.items()
                    if alone.present[row]
                },
            }
            for row in range(len(audit.labels))
        ],
        "self_test": [_trial(trial) for trial in trials],
    }


def confusions(audit: Audit, count: int = 10) -> list[tuple[int, int, float]]:
    """The largest estimated shares of a class's objects that are given as another: true class, given class, share."""
    shares = audit.transition.copy()
    np.fill_diagonal(shares, 0.0)
    order = np.argsort(-shares, axis=None, kind="stable")[:count]
    places = [divmod(int(place), shares.shape[1]) for place in order]
    return [(true, given, float(shares[true, given])) for true, given in places if true != given]


def corrected_labels(
    audit: Audit,
    *,
    threshold: float,
    given: Int[np.ndarray, "N"],
    class_names: Sequence[str],
    parameters: Mapping[str, Any],
) -> NoisyLabels:
    """Labels to train on: the proposed class for every suspect, the audited label for all others.

    `given` are the labels that the data set itself has: what changes is counted against them, as noise is.
    """
    labels = audit.labels.copy()
    rows = audit.suspects(threshold)
    labels[rows] = audit.joint.proposed[rows]
    where = np.arange(len(labels))
    return NoisyLabels(labels, given, tuple(class_names), "audit", {"threshold": threshold, **parameters}, None, where)


def _classes(audit: Audit, row: int, class_names: Sequence[str]) -> tuple[str, str]:
    return class_names[audit.labels[row]], class_names[audit.joint.proposed[row]]


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "kind": trial.kind,
        "rate": trial.rate,
        "planted": trial.planted,
        "called": trial.called,
        "found": trial.found,
        "precision": round(trial.precision, 6),
        "precision_interval": [round(value, 6) for value in trial.interval("precision")],
        "recall": round(trial.recall, 6),
        "recall_interval": [round(value, 6) for value in trial.interval("recall")],
        "f1": round(trial.f1, 6),
        "rates": [round(rate, 6) for rate in trial.rates],
        "expected_rates": [round(rate, 6) for rate in trial.expected],
    }
