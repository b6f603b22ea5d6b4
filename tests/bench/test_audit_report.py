"""The report says how far to trust it: what the representations saw, what was planted, what is true where known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from maquette.audit import evidence_for, judge, self_test
from maquette.bench.audit_report import draw_sheets, seen_labels, write_audit_report
from maquette.train.evaluation import encode_run
from tests.audit.audit_cases import NAMES, made_case

SILENT = {"image": {"name": "a run of mvi", "trained_on": "x", "labels": "none"}}


def test_a_warning_names_who_saw_labels() -> None:
    assert seen_labels(SILENT) == ""
    words = seen_labels({**SILENT, "mesh": {"name": "a run of cmcl", "trained_on": "x", "labels": "given"}})
    assert "a run of cmcl" in words and "a run of mvi," not in words


def test_suspects_the_self_test_and_confusions_stand_in_it(tmp_path: Path) -> None:
    case = made_case()
    audit = judge(case.representations, case.given, present=case.present, classes=4)
    found = {int(r): evidence_for(audit, int(r), case.representations, present=case.present) for r in audit.suspects()}
    rng = np.random.default_rng(0)
    trials = self_test(
        audit, case.representations, present=case.present, class_names=NAMES, rng=rng, rates=(0.1,), repeats=1
    )
    facts = {
        "encoders": SILENT,
        "against_true_labels": {"noise_rate": 0.1, "precision": 0.95, "recall": 0.5},
        "self_test": [{}],
        "provenance": {"maquette": "0", "commit": "abc"},
        "run": {"data": {"digest": "0123"}},
        "split": "train",
    }
    ids = [f"o<{row}>" for row in range(len(case.true))]
    path = tmp_path / "report.html"
    write_audit_report(path, audit, facts, found, trials, [], ids=ids, names=NAMES, threshold=0.5)
    text = path.read_text()
    assert f"o&lt;{next(iter(found))}&gt;" in text and "o<" not in text, "ids of strangers are escaped"
    assert "95.0 % are" in text and "instance-dependent" in text
    assert text.count("<table>") == 3


def test_sheets_hold_the_pictured_suspects(tiny_demo: Path, tmp_path: Path) -> None:
    embedded, store, rows = encode_run(tiny_demo / "run", split="train")
    labels, classes = store.labels()[rows], len(store.class_names)
    audit = judge(embedded.representations, labels, present=embedded.present, classes=classes)
    found = {row: evidence_for(audit, row, embedded.representations, present=embedded.present) for row in (2, 0, 1)}
    sheets = draw_sheets(audit, found, store, rows, embedded, tmp_path, shown=2)
    assert [sheet.path.name for sheet in sheets] == ["suspects_01.png"]
    with Image.open(sheets[0].path) as image:
        assert image.width > 500
    assert not draw_sheets(audit, found, store, rows, embedded, tmp_path, shown=0)
