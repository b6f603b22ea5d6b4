from __future__ import annotations

import json
from pathlib import Path

import pytest

from maquette.errors import UnknownNameError
from maquette.metrics.protocol import CLEAN, PROTOCOLS, get_protocol


def test_every_named_protocol_is_found_under_its_own_name_and_survives_json() -> None:
    assert sorted(PROTOCOLS) == ["clean", "paper_cmcl", "paper_rono"]
    for name in PROTOCOLS:
        rules = get_protocol(name).as_json()
        assert json.loads(json.dumps(rules)) == rules
        assert rules["name"] == name


def test_the_papers_count_the_query_itself_and_say_so_and_clean_does_not() -> None:
    for name in ("paper_cmcl", "paper_rono"):
        protocol = get_protocol(name)
        assert not protocol.exclude_self
        assert any("query itself" in fault for fault in protocol.faults)
    assert CLEAN.exclude_self
    assert CLEAN.faults == CLEAN.faults_left_out == ()


def test_faults_of_the_papers_code_are_named_whether_kept_or_not() -> None:
    named = {
        "paper_cmcl": ("views", "with replacement", "312, 1091, 1178 and 1832", "unstably"),
        "paper_rono": ("clean labels", "chosen on the test split", "directory listing", "unstably"),
    }
    page = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    for name, words in named.items():
        protocol = get_protocol(name)
        for word in words:
            assert any(word in fault for fault in protocol.faults_left_out), f"{name} does not name: {word}"
            assert word in page, f"docs/evaluation.md does not name: {word}"
        assert not set(protocol.faults) & set(protocol.faults_left_out)
        assert all(": here " in fault for fault in protocol.faults_left_out), "each says what is done instead"


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"'paper'.*clean, paper_cmcl, paper_rono"):
        get_protocol("paper")
