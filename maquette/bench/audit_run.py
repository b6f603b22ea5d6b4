"""The audit of a finished run's data as a folder: suspects as CSV, JSON and a report, and corrected labels."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from maquette.audit import (
    Audit,
    Trial,
    audit_as_json,
    corrected_labels,
    evidence_for,
    judge,
    self_test,
    suspects_as_csv,
)
from maquette.bench.audit_report import EXAMPLES, draw_sheets, write_audit_report
from maquette.data.atomic import write_atomically
from maquette.data.store import Store
from maquette.errors import InputError
from maquette.metrics import correction_scores, division_scores
from maquette.train.evaluation import encode_run
from maquette.train.noise import noisy_store, objects_digest
from maquette.train.practice import what_it_saw
from maquette.train.provenance import provenance
from maquette.train.run import Run

__all__ = ["AuditResult", "audit_run"]


@dataclass(frozen=True)
class AuditResult:
    """What was found and where it was written; `facts` is what `audit.json` holds."""

    audit: Audit
    trials: tuple[Trial, ...]
    facts: Mapping[str, Any]
    report: Path


def audit_run(
    folder: Path,
    *,
    out: Path,
    split: str = "train",
    threshold: float = 0.5,
    rates: Sequence[float] = (0.1, 0.3),
    repeats: int = 3,
    seed: int = 0,
    shown: int = 60,
    on_stage: Callable[[str], None] = lambda name: None,
) -> AuditResult:
    """Audit the given labels of a split by the representations of the finished run in `folder`; write into `out`.

    The given labels are those that the run trained on, its configured noise included. No `rates`: no self-test. Of the
    suspects `shown` are pictured, where the store has something to draw. InputError for the test split, whose labels
    nothing may learn from.
    """
    if split not in ("train", "validation") or not 0 < threshold <= 1:
        raise InputError(f"audit of split {split!r} at {threshold:g}: expected train or validation, and above 0 to 1")
    run = Run.open(folder)
    on_stage("encoding")
    embedded, plain, rows = encode_run(folder, split=split)
    store, _ = noisy_store(plain, run.config.noise)
    labels, names, ids = store.labels()[rows], store.class_names, [store.ids[row] for row in rows]
    vectors, present = embedded.representations, embedded.present
    on_stage("judging")
    audit = judge(vectors, labels, present=present, classes=len(names))
    trials: tuple[Trial, ...] = ()
    if rates:
        on_stage("self-test")
        trials = self_test(
            audit,
            vectors,
            present=present,
            class_names=names,
            rng=np.random.default_rng(seed),
            threshold=threshold,
            rates=rates,
            repeats=repeats,
        )
    on_stage("writing")
    suspects = audit.suspects(threshold).tolist()
    found = {row: evidence_for(audit, row, vectors, present=present, examples=EXAMPLES) for row in suspects}
    facts = {
        **audit_as_json(audit, ids=ids, class_names=names, threshold=threshold, trials=trials),
        "split": split,
        "seed": seed,
        "encoders": what_it_saw(run.model),
        "against_true_labels": _scores(audit, store, rows, threshold),
        "run": run.facts,
        "provenance": provenance(),
    }
    write_atomically(out / "audit.json", (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode())
    files = [_file(store, int(row)) for row in rows]
    table = suspects_as_csv(audit, found, ids=ids, files=files, class_names=names, threshold=threshold)
    write_atomically(out / "suspects.csv", table.encode())
    made_for = {"split": split, "objects_digest": objects_digest(plain.manifest, rows)}
    given = plain.manifest.labels()[rows]
    corrected_labels(audit, threshold=threshold, given=given, class_names=names, parameters=made_for).save(
        out / "labels"
    )
    sheets = draw_sheets(audit, found, store, rows, embedded, out, shown)
    report = out / "report.html"
    write_audit_report(report, audit, facts, found, trials, sheets, ids=ids, names=names, threshold=threshold)
    return AuditResult(audit, trials, facts, report)


def _scores(audit: Audit, store: Store, rows: Int[np.ndarray, "N"], threshold: float) -> dict[str, float] | None:
    """How good the judgement is, where the true labels are known and noise was put on them."""
    true = store.manifest.true_labels()[rows]
    wrong = audit.labels != true
    if (true < 0).any() or not wrong.any():
        return None
    called = audit.joint.wrong >= threshold
    scores = division_scores(~called, ~wrong)
    corrected = np.where(called, audit.joint.proposed, audit.labels)
    right = correction_scores(corrected, true, given=audit.labels)
    return {
        "noise_rate": float(wrong.mean()),
        **{name: scores[f"noisy_{name}"] for name in ("precision", "recall", "f1")},
        "accuracy_of_given": right["accuracy_of_given"],
        "accuracy_of_corrected": right["accuracy"],
    }


def _file(store: Store, row: int) -> str:
    paths = store.manifest.items[row].paths
    return next((files[0] for _, files in sorted(paths.items()) if files), "")
