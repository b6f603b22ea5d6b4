"""Batches from a store: seeded, resumable in the middle of an epoch, the same whatever the number of threads.

A batch is a function of (seed, epoch, step) alone: its rows come from the epoch's permutation, its augmentation from a
generator seeded by epoch, step and modality. Threads only decide how early it is ready.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from maquette.data.reading import name_number
from maquette.data.store import Store
from maquette.errors import ConfigError
from maquette.modalities.base import Modality

if TYPE_CHECKING:
    from maquette.types import Batch, SamplePlan

__all__ = ["Loader"]

_Rows = Int[np.ndarray, "_"]  # batches of one epoch need not be of one size


class Loader:
    """Batches of one split of a store.

    `rows` are the store's rows of the objects served; a batch's `index` counts within them from 0 to `len(rows) - 1`,
    in manifest order: memory banks and sample plans use it. Objects with none of the modalities are not served; their
    ids stand in `left_out`.

    `modalities` may be any part of the store's; in a batch, `inputs` has no entry for a modality that none of its
    objects has. `labels` replaces the store's given labels of the split (one per object of the split, those left out
    included; or one an object and modality, modalities sorted by name, which is how batches carry them). `workers`
    threads prepare batches ahead of their use; 0 makes each when it is asked for. `waited_seconds` is the time the
    caller has spent waiting for batches, over all epochs.

    Batch normalisation cannot train on one object. So where the last batch of an epoch would have one object it joins
    the batch before, and where a batch holds a single object of some modality, that modality counts as absent there
    (an object that has nothing else is then left out of that batch). Scans serve everything as it is.
    """

    def __init__(
        self,
        store: Store,
        *,
        split: str,
        modalities: Mapping[str, Modality],
        batch_size: int,
        seed: int,
        shuffle: bool = True,
        augment: bool = True,
        drop_last: bool = False,
        workers: int = 0,
        labels: Int[np.ndarray, "N *M"] | None = None,
    ) -> None:
        if batch_size < 1:
            raise ConfigError(f"batch size {batch_size}: expected at least 1")
        if not modalities:
            raise ConfigError("a loader needs at least one modality")
        for name, modality in modalities.items():
            store.check_modality(name)
            if modality.fields() != store.fields[name]:
                raise ConfigError(
                    f"{store.folder} holds {name!r} as {dict(store.fields[name])}, the given settings make "
                    f"{modality.fields()}: use the settings of preparation, {dict(store.settings[name])}"
                )
        rows = store.rows(split)
        given = store.given_labels(split, modalities=sorted(modalities)) if labels is None else labels
        if given.shape not in {(len(rows),), (len(rows), len(modalities))}:
            raise ConfigError(
                f"{len(given)} labels for the {len(rows)} objects of split {split!r}: expected one each, or "
                f"{len(modalities)} each"
            )
        having = np.zeros(len(rows), bool)
        for name in modalities:
            having |= store.present(name)[rows]
        self.store = store
        self.modalities = dict(modalities)
        self.batch_size = batch_size
        self.seed = seed
        self.shuffle = shuffle
        self.augment = augment
        self.drop_last = drop_last
        self.workers = workers
        self.rows = rows[having]
        self.labels = given[having].astype(np.int64)
        self.left_out = tuple(store.ids[row] for row in rows[~having])
        self.waited_seconds = 0.0
        if not len(self.rows):
            raise ConfigError(f"split {split!r} of {store.folder} has no object with {' or '.join(modalities)}")

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def steps(self) -> int:
        """Batches of an epoch that no plan composes."""
        return len(self._compose(0, None))

    def epoch(self, epoch: int, *, start_step: int = 0, plan: SamplePlan | None = None) -> Iterator[Batch]:
        """The batches of an epoch from `start_step` on, augmented; a plan's batches in its order if there is one."""
        batches = self._compose(epoch, plan)

        def make(step: int) -> Batch:
            return self._batch(self._without_lone(batches[step]), (epoch, step) if self.augment else None)

        return self._ahead(make, range(start_step, len(batches)))

    def scan(self, batch_size: int | None = None) -> Iterator[Batch]:
        """Every object once, un-augmented, in manifest order."""
        size = self.batch_size if batch_size is None else batch_size
        everything = np.arange(len(self.rows))

        def make(step: int) -> Batch:
            chosen = everything[step * size : (step + 1) * size]
            return self._batch((chosen, self._present(chosen)), None)

        return self._ahead(make, range(-(-len(everything) // size)))

    def _compose(self, epoch: int, plan: SamplePlan | None) -> list[_Rows]:
        if plan is not None:
            batches = [batch.numpy().astype(np.int64) for batch in plan.batches]
            wrong = [int(row) for batch in batches for row in batch if not 0 <= row < len(self.rows)]
            if wrong:
                raise ConfigError(f"the plan asks for row {wrong[0]}: expected rows from 0 to {len(self.rows) - 1}")
        else:
            order = np.arange(len(self.rows))
            if self.shuffle:
                order = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(epoch,))).permutation(order)
            batches = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
            if self.drop_last and len(batches) > 1 and len(batches[-1]) < self.batch_size:
                batches.pop()
        if len(batches) > 1 and len(batches[-1]) == 1 < len(batches[-2]):
            batches[-2:] = [np.concatenate(batches[-2:])]
        return batches

    def _present(self, chosen: _Rows) -> dict[str, np.ndarray]:
        return {name: self.store.present(name)[self.rows[chosen]] for name in self.modalities}

    def _without_lone(self, chosen: _Rows) -> tuple[_Rows, dict[str, np.ndarray]]:
        present = self._present(chosen)
        if len(chosen) > 1:
            several = {name: mask & (mask.sum() > 1) for name, mask in present.items()}
            kept = np.any(list(several.values()), axis=0)
            if kept.any():
                chosen, present = chosen[kept], {name: mask[kept] for name, mask in several.items()}
        return chosen, present

    def _batch(self, members: tuple[_Rows, dict[str, np.ndarray]], key: tuple[int, int] | None) -> Batch:
        chosen, present = members
        inputs = {}
        for name, modality in self.modalities.items():
            rows = self.rows[chosen[present[name]]]
            if not len(rows):
                continue
            arrays = self.store.arrays(name, rows)
            if key is not None:
                seeds = np.random.SeedSequence(self.seed, spawn_key=(*key, name_number(name)))
                arrays = dict(modality.augment(arrays, np.random.default_rng(seeds)))
            inputs[name] = modality.collate(arrays)
        import torch  # here: whoever only prepares files needs no PyTorch

        from maquette.types import Batch

        return Batch(
            index=torch.from_numpy(chosen),
            labels=torch.from_numpy(self.labels[chosen]),
            inputs=inputs,
            present={name: torch.from_numpy(mask) for name, mask in present.items()},
        )

    def _ahead(self, make: Callable[[int], Batch], steps: range) -> Iterator[Batch]:
        """What `make` gives for each step, in order, up to two steps a thread ahead of the caller."""
        if self.workers == 0:
            for step in steps:
                began = time.perf_counter()
                batch = make(step)
                self.waited_seconds += time.perf_counter() - began
                yield batch
            return
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="maquette-loader")
        try:
            left = iter(steps)
            coming: deque[Future[Batch]] = deque(pool.submit(make, step) for step in islice(left, 2 * self.workers))
            while coming:
                began = time.perf_counter()
                batch = coming.popleft().result()
                self.waited_seconds += time.perf_counter() - began
                coming.extend(pool.submit(make, step) for step in islice(left, 1))
                yield batch
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
