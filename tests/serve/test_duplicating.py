"""Near-duplicates of a collection, looked for in the background."""

from __future__ import annotations

import time
from pathlib import Path

from maquette.geometry import Mesh, write_mesh
from maquette.serve import Client
from tests.search.search_cases import box
from tests.serve.serve_cases import Live


def test_a_copy_at_another_scale_is_found(own: Live, tmp_path: Path) -> None:
    mesh = box(3, 2, 1)
    write_mesh(mesh, tmp_path / "one.off")
    write_mesh(Mesh(mesh.vertices * 2.5 + 1, mesh.faces), tmp_path / "two.off")
    with Client(own.address, timeout=300.0) as client:
        client.wait(client.add([tmp_path / "one.off", tmp_path / "two.off"]))
        while (found := client.duplicates()).state == "running":
            time.sleep(0.05)
        assert found.state == "done" and found.version == client.collection().version
        (group,) = [group for group in found.groups if "one.off" in group["ids"]]
        assert sorted(group["ids"]) == ["one.off", "two.off"] and group["tier"] == "scaled"
        assert group["pairs"][0]["sentence"]
        client.remove("two.off")
        assert client.duplicates().state == "running"  # what was found is not of this version
