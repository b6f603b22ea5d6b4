"""Open-set noise: objects that belong to none of the classes, under the label of one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from maquette.data.manifest import FOREIGN
from maquette.data.noise.base import NOISES, NoisyLabels, check_rate, choose
from maquette.errors import ConfigError

__all__ = ["open_set"]


@NOISES.register("open_set")
def open_set(
    labels: Int[np.ndarray, "N"],
    class_names: Sequence[str],
    *,
    known: Sequence[str],
    rate: float,
    seed: int,
) -> NoisyLabels:
    """Of the objects of the `known` classes exactly round(rate · n) are replaced by foreign ones under their labels.

    `labels` and `class_names` are those of the whole data set; the result's classes are `known` alone, in that order,
    and its `rows` hold as many objects as the known classes had, the foreign ones with true label `FOREIGN`. Class
    sizes by given label stay what they were. ConfigError if there are not enough foreign objects.
    """
    check_rate(rate, below=0.5, because="from one half on most objects would belong to none of the classes")
    number = {name: place for place, name in enumerate(class_names)}
    strange = [name for name in known if name not in number]
    if strange or len(set(known)) != len(known) or not known:
        raise ConfigError(f"known classes {', '.join(known)}: expected different ones of {', '.join(class_names)}")
    new_label = np.full(len(class_names), FOREIGN)
    new_label[[number[name] for name in known]] = np.arange(len(known))
    renamed = new_label[labels]
    ours, pool = np.flatnonzero(renamed != FOREIGN), np.flatnonzero(renamed == FOREIGN)
    rng = np.random.default_rng(seed)
    replaced = choose(renamed[ours], rate=rate, rng=rng)
    if len(replaced) > len(pool):
        raise ConfigError(
            f"open-set noise at rate {rate:g} needs {len(replaced)} foreign objects, there are {len(pool)}: "
            "ask for a lower rate or fewer known classes"
        )
    rows, given, true = ours.copy(), renamed[ours].copy(), renamed[ours].copy()
    rows[replaced] = rng.choice(pool, len(replaced), replace=False)
    true[replaced] = FOREIGN
    order = np.argsort(rows)
    return NoisyLabels(
        given[order],
        true[order],
        tuple(known),
        "open_set",
        {"rate": rate, "known": list(known)},
        seed,
        rows[order],
    )
