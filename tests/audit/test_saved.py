"""What is written can be read: one line a suspect, every object in the JSON, labels that training takes."""

from __future__ import annotations

import csv
import io
import json

import numpy as np

from maquette.audit import audit_as_json, confusions, corrected_labels, evidence_for, judge, suspects_as_csv
from tests.audit.audit_cases import NAMES, Case, made_case


def audited(case: Case):  # type: ignore[no-untyped-def]  # an Audit
    return judge(case.representations, case.given, present=case.present, classes=4)


def test_the_table_has_a_line_a_suspect() -> None:
    case = made_case()
    audit = audited(case)
    found = {int(r): evidence_for(audit, int(r), case.representations, present=case.present) for r in audit.suspects()}
    ids = [f"=o{row:03d}" for row in range(len(case.true))]
    text = suspects_as_csv(audit, found, ids=ids, files=[f"f/{i}" for i in ids], class_names=NAMES, threshold=0.5)
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [line["id"] for line in lines] == [f"'{ids[row]}" for row in found], "an id is no formula"
    for line, row in zip(lines, found, strict=True):
        assert (line["given"], line["proposed"]) == (NAMES[case.given[row]], NAMES[audit.joint.proposed[row]])
        assert float(line["p_wrong"]) == round(float(audit.joint.wrong[row]), 4)
        assert bool(line["image_p_wrong"]) == bool(case.present["image"][row])
        assert line["agreeing"].split() == list(audit.agreeing(row))


def test_the_json_holds_every_object_and_the_largest_confusions() -> None:
    case = made_case(wrong=0)
    case.given[case.true == 1] = np.where(np.arange((case.true == 1).sum()) % 4 == 0, 2, 1)
    audit = audited(case)
    ids = [str(row) for row in range(len(case.true))]
    facts = json.loads(json.dumps(audit_as_json(audit, ids=ids, class_names=NAMES, threshold=0.5)))
    assert [each["id"] for each in facts["judgements"]] == ids
    assert facts["suspects"] == len(audit.suspects()) == sum(each["p_wrong"] >= 0.5 for each in facts["judgements"])
    assert (facts["confusions"][0]["true"], facts["confusions"][0]["given"]) == ("cone", "plate")
    assert all(true != given for true, given, _ in confusions(audit))
    assert "image" not in facts["judgements"][0]["modalities"], "the first object has no image"


def test_corrected_labels_change_suspects_alone() -> None:
    case = made_case()
    audit = audited(case)
    made = corrected_labels(audit, threshold=0.5, given=case.given, class_names=NAMES, parameters={"split": "train"})
    changed = np.flatnonzero(made.labels != case.given)
    assert set(changed.tolist()) == set(audit.suspects().tolist())
    assert (made.labels == case.true).mean() > (case.given == case.true).mean()
    assert made.parameters == {"threshold": 0.5, "split": "train"} and made.rate == len(changed) / len(case.true)
