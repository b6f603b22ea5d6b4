"""Noise models: given labels (or objects, or files) that are wrong in a known way, seeded and recorded.

A model is a function registered in `NOISES`; `apply_noise` puts what it gives on a manifest. Nothing here is seen by a
loss: a batch carries given labels only.
"""

from __future__ import annotations

from maquette.data.noise.apply import apply_noise
from maquette.data.noise.base import NOISES, NoisyLabels
from maquette.data.noise.files import labels_from_file
from maquette.data.noise.flips import asymmetric, class_dependent, symmetric
from maquette.data.noise.foreign import open_set
from maquette.data.noise.instance import instance_dependent
from maquette.data.noise.maps import CLASS_MAPS, MODELNET10_MAP, MODELNET40_MAP, map_of_pairs
from maquette.data.noise.pairs import mispaired

__all__ = [
    "CLASS_MAPS",
    "MODELNET10_MAP",
    "MODELNET40_MAP",
    "NOISES",
    "NoisyLabels",
    "apply_noise",
    "asymmetric",
    "class_dependent",
    "instance_dependent",
    "labels_from_file",
    "map_of_pairs",
    "mispaired",
    "open_set",
    "symmetric",
]
