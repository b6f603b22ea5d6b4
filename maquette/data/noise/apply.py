"""Putting noise on a manifest: a copy whose split carries the given labels, objects or files of the noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from maquette.data.manifest import FOREIGN, Manifest
from maquette.data.noise.base import NoisyLabels
from maquette.errors import ConfigError

__all__ = ["apply_noise"]


def apply_noise(noise: NoisyLabels, manifest: Manifest, *, split: str = "train") -> Manifest:
    """A copy of `manifest` in which a split has the noise that was made for its labels, in row order.

    True labels are kept (see `Manifest.with_labels`). Open-set noise removes the objects it replaced and, in the other
    splits, those of foreign classes. Pair noise writes into an object's metadata whose files it shows, under
    `shown_<modality>`. ConfigError if the noise is for other objects or if it has a label for each modality: an object
    of a manifest has one.
    """
    if noise.labels.ndim == 2:
        raise ConfigError(
            f"noise with labels for each of {', '.join(noise.modalities)}: a manifest holds one an object"
        )
    rows = manifest.rows(split)
    if noise.kind != "open_set" and len(noise) != len(rows):
        raise ConfigError(
            f"noise for {len(noise)} objects, but split {split!r} has {len(rows)}: make it for this split"
        )
    if len(noise) and noise.rows.max() >= len(rows):
        raise ConfigError(f"noise for object {noise.rows.max()}, but split {split!r} has {len(rows)} objects")
    _check_truth(noise, manifest, rows[noise.rows])
    source = {**manifest.source, "noise": {**noise.summary(), "split": split}}
    if noise.kind == "open_set":
        return _with_foreign(noise, manifest, rows[noise.rows], split=split, source=source)
    ids = [manifest.ids[row] for row in rows]
    noisy = manifest.with_labels(dict(zip(ids, noise.labels.tolist(), strict=True)), source=source)
    return _with_partners(noise, noisy, rows) if noise.partners else noisy


def _check_truth(noise: NoisyLabels, manifest: Manifest, rows: np.ndarray) -> None:
    for row, truth in zip(rows, noise.true_labels, strict=True):
        item = manifest.items[row]
        known = manifest.class_names[item.label if item.true_label is None else item.true_label]
        if (known in noise.class_names) == (truth == FOREIGN) or (
            truth != FOREIGN and noise.class_names[truth] != known
        ):
            raise ConfigError(f"the noise was made for other objects: {item.id!r} is {known!r}")


def _with_foreign(
    noise: NoisyLabels, manifest: Manifest, rows: np.ndarray, *, split: str, source: dict[str, object]
) -> Manifest:
    number = {name: place for place, name in enumerate(noise.class_names)}
    given = dict(zip(rows.tolist(), noise.labels.tolist(), strict=True))
    items = []
    for row, item in enumerate(manifest.items):
        truth = manifest.class_names[item.label if item.true_label is None else item.true_label]
        true_label = number.get(truth, FOREIGN)
        if item.split == split and row in given:
            items.append(replace(item, label=given[row], true_label=true_label))
        elif item.split != split and manifest.class_names[item.label] in number:
            label = number[manifest.class_names[item.label]]
            items.append(replace(item, label=label, true_label=None if item.true_label is None else true_label))
    return replace(manifest, class_names=noise.class_names, items=tuple(items), source=source)


def _with_partners(noise: NoisyLabels, manifest: Manifest, rows: np.ndarray) -> Manifest:
    items = list(manifest.items)
    for modality, partners in noise.partners.items():
        for row, partner in zip(rows, rows[partners], strict=True):
            if row == partner:
                continue
            item, other = items[row], manifest.items[partner]
            if modality not in item.paths or modality not in other.paths:
                lacking = item.id if modality not in item.paths else other.id
                raise ConfigError(f"pair noise in {modality!r}: {lacking!r} has no files of it to exchange")
            files = other.paths[modality]
            kept = {path for name, paths in item.paths.items() if name != modality for path in paths}
            sums = {path: value for path, value in item.checksums.items() if path in kept}
            sums |= {path: other.checksums[path] for path in files if path in other.checksums}
            items[row] = replace(
                item,
                paths={**item.paths, modality: files},
                checksums=sums,
                metadata={**item.metadata, f"shown_{modality}": other.id},
            )
    return replace(manifest, items=tuple(items))
