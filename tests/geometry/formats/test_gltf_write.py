from __future__ import annotations

import io

import numpy as np
import trimesh

from maquette.geometry.formats import gltf_write
from maquette.geometry.mesh import Mesh


def test_other_readers_understand_what_is_written(prism: Mesh) -> None:
    data = gltf_write.write(prism.vertices, prism.faces, prism.colors)
    loaded = trimesh.load_mesh(io.BytesIO(data), file_type="glb", process=False)
    turned = prism.vertices[prism.faces][..., [0, 2, 1]] * [1, 1, -1]
    np.testing.assert_array_equal(loaded.triangles, turned)


def test_a_vertex_is_split_only_where_colors_meet(prism: Mesh) -> None:
    one = np.full_like(prism.faces, 7, dtype=np.uint8)
    for colors, count in [(one, 6), (prism.colors, 16)]:
        loaded = trimesh.load_mesh(
            io.BytesIO(gltf_write.write(prism.vertices, prism.faces, colors)), file_type="glb", process=False
        )
        # By hand: the first color touches all 6 vertices, the second all 6, the third 4.
        assert len(loaded.vertices) == count
