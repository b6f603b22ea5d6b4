"""Closed-set noise that depends on nothing but the class: symmetric, asymmetric by a class map, by a whole matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from maquette.data.noise.base import NOISES, NoisyLabels, check_rate, choose, systematic_counts
from maquette.errors import ConfigError

__all__ = ["asymmetric", "class_dependent", "symmetric"]


@NOISES.register("symmetric")
def symmetric(
    labels: Int[np.ndarray, "N"],
    class_names: Sequence[str],
    *,
    rate: float,
    seed: int,
    among: str = "other",
    stratified: bool = False,
    modalities: Sequence[str] = (),
) -> NoisyLabels:
    """Exactly round(rate · n) objects get a label drawn evenly among the other classes.

    `among="all"` draws among all classes, the true one included, so that the realised rate is about rate · (C-1)/C: so
    do the generators of MRL and RoMo. `stratified` chooses the share of each class. With `modalities` each modality of
    an object has its own label (Hu et al., Learning Cross-Modal Retrieval with Noisy Labels, CVPR 2021, has it so).
    ConfigError at a rate where the true class is not the likeliest any more.
    """
    classes = len(class_names)
    if among == "other":
        bound = (classes - 1) / classes
        check_rate(rate, below=bound, because=f"at (C-1)/C of {classes} classes a label says nothing about its object")
    elif among == "all":
        check_rate(rate, below=1.0, because="drawn among all classes, a label then says nothing about its object")
    else:
        raise ConfigError(f"symmetric noise among {among!r}: expected 'other' or 'all'")
    rng = np.random.default_rng(seed)
    columns = []
    for _ in modalities or ("",):
        given = labels.astype(np.int64)
        chosen = choose(labels, rate=rate, rng=rng, stratified=stratified)
        if among == "other":
            given[chosen] = (given[chosen] + rng.integers(1, max(classes, 2), len(chosen))) % classes
        else:
            given[chosen] = rng.integers(0, classes, len(chosen))
        columns.append(given)
    return NoisyLabels(
        np.stack(columns, axis=1) if modalities else columns[0],
        labels,
        tuple(class_names),
        "symmetric",
        {"rate": rate, "among": among, "stratified": stratified},
        seed,
        np.arange(len(labels)),
        tuple(modalities),
    )


@NOISES.register("asymmetric")
def asymmetric(
    labels: Int[np.ndarray, "N"],
    class_names: Sequence[str],
    *,
    rate: float,
    class_map: Mapping[str, str],
    seed: int,
    stratified: bool = False,
) -> NoisyLabels:
    """Objects of a mapped class get the class it maps to: exactly round(rate · n) of the n objects of mapped classes.

    Classes that the map leaves out, or maps to themselves, are never flipped, so that the realised rate over all
    objects is lower than `rate`. Maps: see `maps.py`. ConfigError for a rate of 0.5 or more (where only one class maps
    the other way its objects would outnumber the true ones) and for a class that is not among `class_names`.
    """
    check_rate(rate, below=0.5, because="from one half on most objects of a class would carry the other's label")
    target = np.arange(len(class_names))
    number = {name: place for place, name in enumerate(class_names)}
    for source, goal in class_map.items():
        for name in (source, goal):
            if name not in number:
                raise ConfigError(f"the class map names {name!r}: expected one of {', '.join(class_names)}")
        target[number[source]] = number[goal]
    rng = np.random.default_rng(seed)
    mapped = np.flatnonzero(target[labels] != labels)
    chosen = mapped[choose(labels[mapped], rate=rate, rng=rng, stratified=stratified)]
    given = labels.astype(np.int64)
    given[chosen] = target[labels[chosen]]
    return NoisyLabels(
        given,
        labels,
        tuple(class_names),
        "asymmetric",
        {"rate": rate, "class_map": dict(sorted(class_map.items())), "stratified": stratified},
        seed,
        np.arange(len(labels)),
    )


@NOISES.register("class_dependent")
def class_dependent(
    labels: Int[np.ndarray, "N"],
    class_names: Sequence[str],
    *,
    matrix: Float[np.ndarray, "C C"],
    seed: int,
) -> NoisyLabels:
    """Objects of class c get class d in the share `matrix[c, d]`, exact to one object, chosen at random.

    ConfigError unless the rows are shares that sum to 1 and the diagonal is the largest entry of its row: else the
    given label would not be the best guess at the true one.
    """
    classes = len(class_names)
    if matrix.shape != (classes, classes) or (matrix < 0).any() or not np.allclose(matrix.sum(axis=1), 1):
        raise ConfigError(f"noise matrix of shape {matrix.shape}: expected {classes} rows of shares that sum to 1")
    weak = np.flatnonzero(np.diag(matrix) <= np.where(np.eye(classes, dtype=bool), -1, matrix).max(axis=1))
    if len(weak):
        name = class_names[int(weak[0])]
        raise ConfigError(f"noise matrix, row {name!r}: expected its largest entry on the diagonal")
    rng = np.random.default_rng(seed)
    given = labels.astype(np.int64)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        counts = systematic_counts(len(members) * matrix[label] / matrix[label].sum(), rng=rng)
        given[members] = np.repeat(np.arange(classes), counts)
    return NoisyLabels(
        given, labels, tuple(class_names), "class_dependent", {"matrix": matrix.tolist()}, seed, np.arange(len(labels))
    )
