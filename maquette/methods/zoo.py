"""The way to `cca-zoo`, an optional package: models that are fitted on a list of views, as projections.

https://github.com/jameschapman19/cca_zoo, installed by the extra `baselines`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from jaxtyping import Float

from maquette.errors import MissingExtraError
from maquette.methods.projection import check_known

__all__ = ["ZooMaps", "zoo_model"]


@dataclass(frozen=True)
class ZooMaps:
    """A fitted model of `cca-zoo`; `dimensions` of each modality, in the order of the model's views."""

    model: Any
    dimensions: Mapping[str, int]

    def transform(self, reps: Mapping[str, Float[np.ndarray, "_ _"]]) -> dict[str, Float[np.ndarray, "_ K"]]:
        """Representations in the common space, float64; UnknownNameError for a modality it was not fitted on."""
        check_known(reps, self.dimensions)
        projected = {}
        for name, values in reps.items():
            # The package transforms all views or none: the other views get zeros, which do not touch this one.
            views = [
                values.astype(np.float64) if other == name else np.zeros((len(values), width))
                for other, width in self.dimensions.items()
            ]
            place = list(self.dimensions).index(name)
            projected[name] = np.asarray(self.model.transform(views)[place], dtype=np.float64)
        return projected


def zoo_model(module: str, name: str, **settings: Any) -> Any:
    """A model of `cca-zoo`, not yet fitted; MissingExtraError where the package is not installed."""
    try:
        found = import_module(f"cca_zoo.{module}")
    except ImportError as error:
        raise MissingExtraError("cca-zoo", "baselines", f"the projection {name.lower()!r}") from error
    return getattr(found, name)(**settings)
