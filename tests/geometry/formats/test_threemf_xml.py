from __future__ import annotations

import pytest

from maquette.geometry.formats.parsed import Fault
from maquette.geometry.formats.threemf_xml import read_model


def test_objects_and_build_of_a_model() -> None:
    xml = (
        b'<model><resources><object id="a"><mesh><vertices><vertex x="1" y="2" z="3"/></vertices>'
        b'<triangles><triangle v1="0" v2="0" v3="0"/></triangles></mesh></object></resources>'
        b'<build><item objectid="a" transform="1 2 3 4 5 6 7 8 9 10 11 12"/></build></model>'
    )
    found = read_model(xml)
    assert found.unit == "millimeter"
    assert found.parts["a"].vertices.tolist() == [[1, 2, 3]]
    assert found.parts["a"].faces.tolist() == [[0, 0, 0]]
    (item,) = found.build
    assert item.matrix.tolist() == [[1, 4, 7, 10], [2, 5, 8, 11], [3, 6, 9, 12], [0, 0, 0, 1]]


def test_faults_name_the_line() -> None:
    xml = b'<model>\n<resources>\n<object id="a"><mesh><vertices><vertex x="?" y="0" z="0"/>'
    with pytest.raises(Fault, match=r"line 3 of the model: '\?' where a number was expected"):
        read_model(xml)
    with pytest.raises(Fault, match="beyond 64 bits"):
        read_model(b'<model><object id="a"><triangle v1="99999999999999999999" v2="0" v3="0"/></object></model>')
