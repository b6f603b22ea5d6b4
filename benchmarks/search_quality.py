"""What scores mean, what is turned away and what fusion gives, on the demo's data: fitted on validation, shown on test.

    python -m maquette demo --out demo
    python benchmarks/search_quality.py --run demo/run --out benchmarks/results/search_quality.json

Items are the test objects, each by its photos, scan and mesh; queries are the same objects' photos, scans and meshes,
and an object's own item is never among the answers. Curves and weights are fitted on the validation objects: "strict"
among the validation objects alone, so that nothing of the test objects is used; "deployed" among the items that are
searched, as `maquette index calibrate --run` does, less one of the class, as a test object's own item is left out.
"coverage_over_divisions" does the latter for other divisions of the same objects into as many validation and test
objects of each class. Unseen classes are those that the model was not trained on.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import torch

from maquette.bench.demo_calibration import EncodedObject, encoded_objects
from maquette.data.datasets.workshop import workshop
from maquette.data.store import Store
from maquette.encoders import open_model
from maquette.geometry.procedural import CLASSES
from maquette.metrics import (
    auroc,
    average_precision,
    conformal_threshold,
    expected_calibration_error,
    false_positive_rate,
    rank_relevant,
)
from maquette.modalities import MODALITIES
from maquette.search.calibrate import Gallery, Trials, fit_curve, trials_of
from maquette.search.calibrated import COVERAGE
from maquette.search.heldout import compose
from maquette.search.parts import EncodedPart, Part, Query
from maquette.train.run import Run

OPTIONS = ("photos", "photo_style", "photo_resolution", "scan", "scan_points")
WEIGHTS = (0.5, 1.0, 2.0)
Objects = list[EncodedObject]


def gallery_of(objects: Objects) -> Gallery:
    """Return the objects as the items of a collection."""
    names = tuple(sorted({name for name, _, _ in objects}))
    vectors = np.stack([Query(tuple(parts)).wanted() for _, _, parts in objects]).astype(np.float32)
    labels = np.array([names.index(name) for name, _, _ in objects])
    return Gallery(tuple(str(id_) for _, id_, _ in objects), vectors, labels, names)


def strangers(run: Path, folder: Path, count: int) -> Objects:
    """Return objects of the classes that the model was not trained on, made as the others were."""
    manifest = Store.open(Run.open(run).prepared).manifest
    options = {name: manifest.source[name] for name in OPTIONS if name in manifest.source}
    names = [spec.name for spec in CLASSES if spec.name not in manifest.class_names]
    made = workshop(folder, objects_per_class=count, classes=names, seed=1, **options)
    model = open_model(Run.open(run).model)
    objects: Objects = []
    for item in made.items:
        parts = []
        for name, paths in sorted(item.paths.items()):
            modality = MODALITIES.build(name, **model.specs[name].preparation)
            for path in paths:
                arrays = modality.read([made.root / path], np.random.default_rng(0)).arrays
                with torch.inference_mode():
                    inputs = modality.collate({key: value[None] for key, value in arrays.items()})
                    parts.append(
                        EncodedPart(Part(name, Path(path)), unit(model.encode_inputs(name, inputs)[0].numpy()))
                    )
        objects.append((made.class_names[item.label], item.id, parts))
    return objects


def unit(vector: np.ndarray) -> np.ndarray:
    """Return the vector at length 1."""
    wide = vector.astype(np.float64)
    scaled: np.ndarray = wide / np.linalg.norm(wide)
    return scaled


def one_fewer(trials: Trials, gallery: Gallery) -> Trials:
    """Return the queries with an item of their class that must not be found, as a test object's own must not.

    So as many right items are left to them as to the test's queries, which probabilities depend on.
    """
    rng = np.random.default_rng(0)
    own = np.array([rng.choice(np.flatnonzero(gallery.labels == label)) for label in trials.labels])
    return Trials(trials.vectors, trials.labels, own)


def scores_of(trials: Trials, gallery: Gallery) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores, -1 for the item not to be found, and which items are of the class asked for."""
    found = trials.vectors @ gallery.vectors.T.astype(np.float64)
    same = trials.labels[:, None] == gallery.labels
    own = np.flatnonzero(trials.own >= 0)
    found[own, trials.own[own]] = -1.0
    same[own, trials.own[own]] = False
    return found, same


def mean_average_precision(trials: Trials, gallery: Gallery) -> float:
    """Return the mAP over all ranks, in percent."""
    return 100 * float(average_precision(rank_relevant(*scores_of(trials, gallery))).mean())


def familiarities(vectors: np.ndarray, gallery: Gallery, depth: int, own: np.ndarray | None = None) -> np.ndarray:
    """Return the mean of each query's best scores."""
    found = vectors @ gallery.vectors.T.astype(np.float64)
    if own is not None:
        rows = np.flatnonzero(own >= 0)
        found[rows, own[rows]] = -1.0
    mean: np.ndarray = np.sort(found, axis=1)[:, -depth:].mean(axis=1)
    return mean


def calibration(
    fitted: dict[str, Trials], fitted_in: Gallery, test: dict[str, Trials], gallery: Gallery
) -> dict[str, object]:
    """Return, by composition, the errors, the coverage and the share turned away."""
    figures: dict[str, object] = {}
    for name, trials in test.items():
        curve = fit_curve(fitted[name], fitted_in, rng=np.random.default_rng(0))
        found, same = scores_of(trials, gallery)
        order = np.argsort(-found, axis=1, kind="stable")
        ranked, right = np.take_along_axis(found, order, 1), np.take_along_axis(same, order, 1)
        probable = np.stack([curve.ranked(row) for row in ranked])
        lists = (found >= curve.covering).sum(axis=1)
        figures[name] = {
            "queries": len(trials.labels),
            "ece_raw_top10": expected_calibration_error(np.clip(ranked[:, :10], 0, 1).ravel(), right[:, :10].ravel()),
            "ece_top10": expected_calibration_error(probable[:, :10].ravel(), right[:, :10].ravel()),
            "ece_raw_all": expected_calibration_error(np.clip(found, 0, 1).ravel(), same.ravel()),
            "ece_all": expected_calibration_error(probable.ravel(), right.ravel()),
            "coverage": float((best_right(trials, gallery) >= curve.covering).mean()),
            "median_list": float(np.median(lists)),
            "known_turned_away": float((familiarities(trials.vectors, gallery, 5, trials.own) < curve.familiar).mean()),
        }
    return figures


def coverage_over_divisions(objects: Objects, fitted_a_class: int, divisions: int) -> dict[str, dict[str, float]]:
    """Return, by composition, the mean and the spread of the coverage over random divisions of the objects.

    One division's figure depends on which objects were drawn to fit on and to count: this is how much.
    """
    rng = np.random.default_rng(0)
    labels = np.array([name for name, _, _ in objects])
    found: dict[str, list[float]] = {}
    for _ in range(divisions):
        turn = np.concatenate([rng.permutation(np.flatnonzero(labels == name)) for name in np.unique(labels)])
        place = np.concatenate([np.arange((labels == name).sum()) for name in np.unique(labels)])
        fitting, counting = turn[place < fitted_a_class], turn[place >= fitted_a_class]
        gallery = gallery_of([objects[row] for row in counting])
        fitted = trials_of([objects[row] for row in fitting], gallery)
        for name, trials in trials_of([objects[row] for row in counting], gallery).items():
            threshold = conformal_threshold(best_right(one_fewer(fitted[name], gallery), gallery), coverage=COVERAGE)
            found.setdefault(name, []).append(float((best_right(trials, gallery) >= threshold).mean()))
    return {
        name: {"mean": float(np.mean(shares)), "standard_deviation": float(np.std(shares, ddof=1))}
        for name, shares in found.items()
    }


def best_right(trials: Trials, gallery: Gallery) -> np.ndarray:
    """Return the score of each query's best right item."""
    found, same = scores_of(trials, gallery)
    best: np.ndarray = np.where(same, found, -1.0).max(axis=1)
    return best


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--unseen", type=int, default=3, help="objects of each unseen class")
    parser.add_argument("--divisions", type=int, default=100, help="of all objects, to see how coverage varies")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    validation, testing = (encoded_objects(arguments.run, split=split) for split in ("validation", "test"))
    gallery, strict_gallery = gallery_of(testing), gallery_of(validation)
    val, test, strict = (
        trials_of(validation, gallery),
        trials_of(testing, gallery),
        trials_of(validation, strict_gallery),
    )
    val = {name: one_fewer(trials, gallery) for name, trials in val.items()}
    with tempfile.TemporaryDirectory() as folder:
        unseen = strangers(arguments.run, Path(folder) / "unseen", arguments.unseen)
    unknown: dict[str, list[np.ndarray]] = {}
    for _, _, parts in unseen:
        for query in compose(parts):
            unknown.setdefault(query.composition, []).append(query.wanted())
    rejection = {}
    for name, trials in test.items():
        strange = np.stack(unknown[name])
        known = {depth: familiarities(trials.vectors, gallery, depth, trials.own) for depth in (1, 3, 5, 10)}
        foreign = {depth: familiarities(strange, gallery, depth) for depth in (1, 3, 5, 10)}
        curve = fit_curve(val[name], gallery, rng=np.random.default_rng(0))
        rejection[name] = {
            "known": len(trials.labels),
            "unknown": len(strange),
            "auroc": {f"best {depth}": auroc(known[depth], foreign[depth]) for depth in known},
            "fpr95": false_positive_rate(known[5], foreign[5]),
            "unknown_turned_away": float((foreign[5] < curve.familiar).mean()),
            "known_turned_away": float((known[5] < curve.familiar).mean()),
        }
    modalities = sorted({part.part.group for _, _, parts in testing for part in parts})
    grid = [dict(zip(modalities, weights, strict=True)) for weights in product(WEIGHTS, repeat=len(modalities))]
    grid = [weights for weights in grid if 1.0 in weights.values()]
    fusion = {}
    singles = {name: mean_average_precision(trials, gallery) for name, trials in test.items()}
    by_weights = {json.dumps(w): trials_of(validation, gallery, weights=w) for w in grid}
    for name in test:
        kinds = name.split(" + ")
        if len(kinds) > 1:
            chosen = max(by_weights, key=lambda text: mean_average_precision(by_weights[text][name], gallery))
            learned = trials_of(testing, gallery, weights=json.loads(chosen))[name]
            fusion[name] = {
                "parts_map": {kind: singles[kind] for kind in kinds},
                "equal_weights_map": singles[name],
                "gain": singles[name] - max(singles[kind] for kind in kinds),
                "learned_weights": json.loads(chosen),
                "learned_weights_map": mean_average_precision(learned, gallery),
            }
    result = {
        "command": "python benchmarks/search_quality.py --run demo/run",
        "model": open_model(Run.open(arguments.run).model).fingerprint,
        "validation_objects": len(validation),
        "test_objects": len(testing),
        "items": len(gallery.ids),
        "items_a_class": sorted(Counter(gallery.labels.tolist()).values())[:1],
        "map": singles,
        "calibration_strict": calibration(strict, strict_gallery, test, gallery),
        "calibration_deployed": calibration(val, gallery, test, gallery),
        "coverage_over_divisions": {
            "divisions": arguments.divisions,
            **coverage_over_divisions(
                validation + testing, len(validation) // len(gallery.class_names), arguments.divisions
            ),
        },
        "rejection": rejection,
        "fusion": fusion,
    }
    text = json.dumps(rounded(result), indent=1) + "\n"
    sys.stdout.write(text)
    if arguments.out is not None:
        arguments.out.write_text(text, encoding="utf-8")


def rounded(value: object) -> object:
    """Return the values with four digits after the point."""
    if isinstance(value, dict):
        return {name: rounded(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [rounded(entry) for entry in value]
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
