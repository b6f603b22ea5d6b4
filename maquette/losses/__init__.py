"""Terms that two or more methods use: pure functions on representations, presence and given labels."""

from maquette.losses.centers import center_cosines, center_logits, squared_center_distances
from maquette.losses.classification import absolute_error, cross_entropy, label_log_probabilities
from maquette.losses.contrastive import instance_contrast, row_contrast, soft_supervised_contrast
from maquette.losses.invariance import modality_distance
from maquette.losses.likelihood import pair_likelihood
from maquette.losses.predictions import entropy_penalty, prior_penalty, soft_cross_entropy
from maquette.losses.presence import (
    Rows,
    filled,
    modality_labels,
    modality_pairs,
    present_mean,
    rows_of,
    sum_of_modality_means,
)

__all__ = [
    "Rows",
    "absolute_error",
    "center_cosines",
    "center_logits",
    "cross_entropy",
    "entropy_penalty",
    "filled",
    "instance_contrast",
    "label_log_probabilities",
    "modality_distance",
    "modality_labels",
    "modality_pairs",
    "pair_likelihood",
    "present_mean",
    "prior_penalty",
    "row_contrast",
    "rows_of",
    "soft_cross_entropy",
    "soft_supervised_contrast",
    "squared_center_distances",
    "sum_of_modality_means",
]
