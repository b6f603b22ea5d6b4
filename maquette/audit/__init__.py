"""Which given labels are probably wrong, why, and how well that is known on this very data.

`judge` (suspects.py) lets neighbours vote; `evidence_for` shows whom they are; `self_test` plants noise and counts what
is found; `saved.py` writes all of it. Nothing here changes a label: corrected ones are a copy that training may take.
"""

from __future__ import annotations

from maquette.audit.evidence import Evidence, evidence_for
from maquette.audit.saved import audit_as_json, confusions, corrected_labels, suspects_as_csv
from maquette.audit.selftest import KINDS, Trial, self_test
from maquette.audit.suspects import Audit, Judgement, judge

__all__ = [
    "KINDS",
    "Audit",
    "Evidence",
    "Judgement",
    "Trial",
    "audit_as_json",
    "confusions",
    "corrected_labels",
    "evidence_for",
    "judge",
    "self_test",
    "suspects_as_csv",
]
