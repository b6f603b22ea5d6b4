from __future__ import annotations

import pytest

from maquette.geometry.formats import text
from maquette.geometry.formats.parsed import Fault


def test_rows_keep_the_numbers_of_their_lines() -> None:
    assert text.rows("a b\n\n# no\nc # d\n", first_line=5) == [(5, ["a", "b"]), (8, ["c"])]


def test_a_table_is_read_at_once_or_not_at_all() -> None:
    table = text.table([(1, ["1", "2.5"]), (2, ["-3", "1e2"])], columns=2)
    assert table is not None and table.tolist() == [[1, 2.5], [-3, 100]]
    assert text.table([(1, ["1", "2"]), (2, ["1", "2", "3"])], columns=2) is None


def test_faults_name_the_line_and_the_word() -> None:
    with pytest.raises(Fault, match="line 7: 'x' where a number"):
        text.table([(6, ["1"]), (7, ["x"])], columns=1)
    with pytest.raises(Fault, match="line 6: 1 values"):
        text.table([(6, ["1"])], columns=2)
    with pytest.raises(Fault, match=r"line 2: '1\.5' where a whole number"):
        text.integers((2, []), ["1", "1.5"])
    with pytest.raises(Fault, match="line 2: -99999999999999999999 is beyond"):
        text.integers((2, []), ["1", "-99999999999999999999"])
    with pytest.raises(Fault, match="line 3: 'y' where a number"):
        text.floats((3, []), ["0", "y"])


def test_a_byte_order_mark_and_foreign_letters_do_no_harm() -> None:
    assert text.decode(b"\xef\xbb\xbfOFF \xe9") == "OFF \ufffd"


def test_messages_stay_short() -> None:
    assert text.line(["word"] * 50).endswith("...") and len(text.line(["word"] * 50)) == 40
    assert text.beginning(b"\0\1" * 50) == repr("\0\1" * 12)
