"""One paper a file: each method turns representations and given labels into the terms of its objective."""

from maquette.methods.base import METHODS, Method, ParamGroup, Scan, Verdicts
from maquette.methods.cmcl import CMCL
from maquette.methods.cross_entropy import CrossEntropy
from maquette.methods.dac import DAC
from maquette.methods.dscmr import DSCMR
from maquette.methods.dscmr_plus import DSCMRPlus
from maquette.methods.generalized_cross_entropy import GeneralizedCrossEntropy
from maquette.methods.head import SharedHead, mean_probabilities
from maquette.methods.mrl import MRL
from maquette.methods.mvi import MVI
from maquette.methods.rono import RONO
from maquette.methods.supervised_contrastive import SupervisedContrastive

__all__ = [
    "CMCL",
    "DAC",
    "DSCMR",
    "METHODS",
    "MRL",
    "MVI",
    "RONO",
    "CrossEntropy",
    "DSCMRPlus",
    "GeneralizedCrossEntropy",
    "Method",
    "ParamGroup",
    "Scan",
    "SharedHead",
    "SupervisedContrastive",
    "Verdicts",
    "mean_probabilities",
]
