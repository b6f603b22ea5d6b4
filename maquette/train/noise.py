"""The configured label noise, put on a store's labels just before training.

Prepared arrays do not depend on labels, so one store serves every kind, rate and seed. True labels stay in the
manifest, for reports only.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from maquette.config import NoiseConfig
from maquette.data.manifest import Manifest
from maquette.data.noise import CLASS_MAPS, NOISES, NoisyLabels
from maquette.data.store import Store
from maquette.errors import ConfigError, FileError

__all__ = ["FROZEN", "make_noise", "noise_for_split", "noisy_store", "objects_digest", "split_rows"]

_ARRAYS = ("matrix", "representations")
"""Arguments of noise models that are arrays: in options a list, or the name of a `.npy` file."""

FROZEN = "frozen"
"""Value of the option `representations`: those that the store's frozen modalities hold."""


def noisy_store(store: Store, noise: NoiseConfig) -> tuple[Store, dict[str, Any]]:
    """The store with noisy given labels for its training and validation objects, and what was done, as JSON values.

    The two splits get their noise together, in row order; the test split keeps its labels. Rate 0 changes nothing,
    except where the options alone say which labels are wrong (`class_dependent`, a `file` without `{percent}`). The
    summary holds kind, parameters, seed, realised rate, and a SHA-256 of the given labels. Options are as `make_noise`
    takes them, with file names relative to the data set's root; `representations = "frozen"` means the objects' own,
    those of all frozen modalities side by side.

    Noise with labels for each modality (option `modalities`) becomes the store's `modality_labels`; modalities that it
    does not name keep their labels. Where only one label an object can be used, as in validation, it is that of the
    first named modality by name.

    For kind `file` with the option `folder`, the labels are those that `maquette data noise` wrote there, for the split
    it was given; the rate may then be left out. Kinds that exchange objects or files (`open_set`, `pair`) must be put
    on the manifest before it is prepared: they raise a ConfigError here.
    """
    saved = noise.kind == "file" and "folder" in noise.options
    without = store, {"kind": "none", "realised_rate": 0.0, "labels_digest": _digest(store)}
    if noise.rate == 0 and any("{percent}" in str(value) for value in noise.options.values()):
        return without
    if saved:
        rows, made = _read_saved(store.manifest, noise)
    else:
        rows = split_rows(store.manifest, "train+validation")
        labels = store.manifest.labels()[rows]
        if noise.options.get("representations") == FROZEN:
            noise = noise.model_copy(update={"options": {**noise.options, "representations": _frozen(store, rows)}})
        made = make_noise(noise, labels, class_names=store.class_names, root=store.manifest.root)
    # Made even so: options that are wrong are wrong at any rate.
    if noise.rate == 0 and "rate" in inspect.signature(NOISES.get(noise.kind)).parameters:
        return without
    if made.partners or not np.array_equal(made.rows, np.arange(len(rows))):
        raise ConfigError(
            f"noise of kind {made.kind!r} with these options changes more than an object's labels: put it on the "
            "manifest (maquette.data.noise.apply_noise), prepare that one, and train on it with noise.rate=0"
        )
    summary = {**made.summary(), "nominal_rate": noise.rate or made.parameters.get("rate")}
    columns = _columns(store, made, rows)
    if columns:
        # The manifest holds one label an object: its digest, which tells runs apart, must know of the others.
        summary |= {"modalities": sorted(made.modalities), "modality_labels_digest": _sha(*columns.values())}
    one = columns[min(made.modalities)][rows] if columns else made.labels
    given = {store.ids[row]: int(label) for row, label in zip(rows, one, strict=True)}
    manifest = store.manifest.with_labels(given, source={"noise": summary})
    noisy = replace(store, manifest=manifest, modality_labels=columns)
    return noisy, {**summary, "labels_digest": _digest(noisy)}


def make_noise(
    noise: NoiseConfig, labels: Int[np.ndarray, "N"], *, class_names: Sequence[str], root: Path
) -> NoisyLabels:
    """What the configured noise model makes of `labels`; its rate and seed are handed on where the model takes them.

    In the options, `path` and names that end in `_path` are files relative to `root`, and `{percent}` in them stands
    for the rate times 100. `class_map` may be a name of `CLASS_MAPS`; `matrix` and `representations` are lists of rows,
    or the name of a `.npy` file relative to `root`.
    """
    options = dict(noise.options)
    for name in [name for name in options if name == "path" or name.endswith("_path")]:
        options[name] = root / Path(str(options[name]).replace("{percent}", f"{100 * noise.rate:.0f}"))
    for name in [name for name in _ARRAYS if name in options]:
        options[name] = _array(name, options[name], root=root)
    if isinstance(options.get("class_map"), str):
        name = options["class_map"]
        if name not in CLASS_MAPS:
            raise ConfigError(f"class_map {name!r}: expected a table of classes, or one of {', '.join(CLASS_MAPS)}")
        options["class_map"] = CLASS_MAPS[name]
    taken = inspect.signature(NOISES.get(noise.kind)).parameters
    # Labels from a file are not drawn: they take neither a rate nor a seed.
    own = {"rate": noise.rate, **({} if noise.kind == "file" else {"seed": noise.seed})}
    options |= {name: value for name, value in own.items() if name in taken}
    return NOISES.build(noise.kind, labels=labels, class_names=class_names, **options)


def noise_for_split(manifest: Manifest, noise: NoiseConfig, *, split: str, root: Path) -> NoisyLabels:
    """Noise for one split (or `train+validation`) that says which objects it is for: `noisy_store` takes it saved."""
    rows = split_rows(manifest, split)
    if not len(rows):
        raise ConfigError(f"data set {manifest.name!r} has no object in split {split!r}: nothing to put noise on")
    made = make_noise(noise, manifest.labels()[rows], class_names=manifest.class_names, root=root)
    where = {"split": split, "objects_digest": objects_digest(manifest, rows)}
    return replace(made, parameters={**made.parameters, **where})


def split_rows(manifest: Manifest, split: str) -> Int[np.ndarray, "N"]:
    """Rows of a split's objects, ascending; of several splits together, as in `train+validation`."""
    rows: Int[np.ndarray, "N"] = np.sort(np.concatenate([manifest.rows(part) for part in split.split("+")]))
    if len(np.unique(rows)) != len(rows):
        raise ConfigError(f"split {split!r} names a split twice")
    return rows


def _read_saved(manifest: Manifest, noise: NoiseConfig) -> tuple[Int[np.ndarray, "N"], NoisyLabels]:
    """Saved noise and the rows it is for; FileError where it was made for other objects or other labels."""
    more = sorted(set(noise.options) - {"folder"})
    if more:
        raise ConfigError(f"noise.options {', '.join(more)}: a folder says everything itself, leave them out")
    folder = Path(noise.options["folder"])
    made = NoisyLabels.load(folder)
    split, nominal = _known(made.parameters, "split"), made.parameters.get("rate")
    if split is None or "test" in split.split("+"):
        raise FileError(folder, f"is noise for split {split!r}: expected train, validation or train+validation")
    if noise.rate and noise.rate != nominal:
        raise ConfigError(f"noise.rate {noise.rate:g}: {folder} was made at {nominal}: leave it out, or give that one")
    rows = split_rows(manifest, split)
    digest = made.parameters.get("objects_digest")
    if digest != objects_digest(manifest, rows) or made.class_names != manifest.class_names:
        raise FileError(folder, f"was made for other objects than those of {manifest.name!r}, {split}: make it again")
    if made.rows.shape == rows.shape and not np.array_equal(made.true_labels, manifest.labels()[rows]):
        raise FileError(folder, f"was made for other labels than those of {manifest.name!r}, {split}: make it again")
    return rows, made


def _columns(store: Store, made: NoisyLabels, rows: Int[np.ndarray, "R"]) -> dict[str, Int[np.ndarray, "N"]]:
    """Labels of all rows in each modality, those that the noise does not name as they were; none if it names none."""
    if made.labels.ndim == 1:
        return {}
    columns = {name: store.labels() for name in store.modalities}
    for place, name in enumerate(made.modalities):
        store.check_modality(name)
        columns[name][rows] = made.labels[:, place]
    return columns


def _frozen(store: Store, rows: Int[np.ndarray, "N"]) -> Float[np.ndarray, "N D"]:
    """Unit vectors of the frozen modalities side by side, zeros where an object lacks one."""
    held = {name: store.arrays(name, rows[:1]) for name in store.modalities}
    names = [name for name, arrays in held.items() if "features" in arrays]
    if not names:
        raise ConfigError(
            f"representations = {FROZEN!r}: {store.manifest.name!r} has no frozen modality ([data.frozen] makes them)"
        )
    sides = []
    for name in names:
        values = store.arrays(name, rows)["features"].astype(np.float64) * store.present(name)[rows, None]
        norms = np.linalg.norm(values, axis=1, keepdims=True)
        sides.append(values / np.where(norms > 0, norms, 1))
    return np.concatenate(sides, axis=1)


def _known(parameters: Mapping[str, Any], name: str) -> str | None:
    value = parameters.get(name)
    return value if isinstance(value, str) else None


def _array(name: str, value: Any, *, root: Path) -> np.ndarray:
    if isinstance(value, str):
        try:
            return np.asarray(np.load(root / value, allow_pickle=False))
        except (OSError, ValueError, EOFError) as error:
            raise FileError(root / value, f"is no .npy array for the option {name!r}: {error}") from error
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"option {name!r}: expected rows of numbers, or the name of a .npy file") from error


def objects_digest(manifest: Manifest, rows: Int[np.ndarray, "N"]) -> str:
    """SHA-256 (hex) of the objects' ids in this order: what saved labels say they are for."""
    return hashlib.sha256("\n".join(manifest.ids[row] for row in rows).encode()).hexdigest()


def _digest(store: Store) -> str:
    return _sha(store.manifest.labels())


def _sha(*labels: Int[np.ndarray, "N"]) -> str:
    return hashlib.sha256(b"".join(values.astype("<i8").tobytes() for values in labels)).hexdigest()
