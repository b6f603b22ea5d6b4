from __future__ import annotations

import json

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
    assert CLEAN.faults == ()


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"'paper'.*clean, paper_cmcl, paper_rono"):
        get_protocol("paper")
