"""Measures of retrieval and of learning with noisy labels: NumPy arrays in, float64 inside, no hidden state.

From representations to a table: `evaluate_pairs` (every ordered pair of modalities) under a `Protocol`; from its
per-query values to intervals and tests: `significance`; from true labels to what a method made of noise: `division`.
"""

from maquette.metrics.blocks import cosine_scores, rank_blocks
from maquette.metrics.calibration import (
    Reliability,
    auroc,
    conformal_threshold,
    expected_calibration_error,
    false_positive_rate,
    reliability,
)
from maquette.metrics.division import correction_scores, division_scores, memorisation_scores
from maquette.metrics.features import FeatureSet, evaluate_features, feature_file, read_features
from maquette.metrics.pairs import Pair, PairScores, evaluate_pairs, pairs_as_json, score_queries
from maquette.metrics.protocol import CLEAN, PAPER_CMCL, PAPER_RONO, PROTOCOLS, Protocol, get_protocol
from maquette.metrics.ranking import (
    Ranking,
    average_precision,
    ndcg,
    precision_at,
    rank_relevant,
    recall_at,
)
from maquette.metrics.shrec import dcg, e_measure, first_tier, nearest_neighbour, second_tier
from maquette.metrics.significance import (
    Comparison,
    Interval,
    Spread,
    bootstrap_interval,
    holm,
    paired_permutation_test,
    seed_spread,
)
from maquette.metrics.views import average_views, evaluate_views, view_ids, views_as_json

__all__ = [
    "CLEAN",
    "PAPER_CMCL",
    "PAPER_RONO",
    "PROTOCOLS",
    "Comparison",
    "FeatureSet",
    "Interval",
    "Pair",
    "PairScores",
    "Protocol",
    "Ranking",
    "Reliability",
    "Spread",
    "auroc",
    "average_precision",
    "average_views",
    "bootstrap_interval",
    "conformal_threshold",
    "correction_scores",
    "cosine_scores",
    "dcg",
    "division_scores",
    "e_measure",
    "evaluate_features",
    "evaluate_pairs",
    "evaluate_views",
    "expected_calibration_error",
    "false_positive_rate",
    "feature_file",
    "first_tier",
    "get_protocol",
    "holm",
    "memorisation_scores",
    "ndcg",
    "nearest_neighbour",
    "paired_permutation_test",
    "pairs_as_json",
    "precision_at",
    "rank_blocks",
    "rank_relevant",
    "read_features",
    "recall_at",
    "reliability",
    "score_queries",
    "second_tier",
    "seed_spread",
    "view_ids",
    "views_as_json",
]
