"""One paper a file: a method turns representations and given labels into the terms of its objective.

Projections are methods on frozen representations, fitted at once without gradients; they have a registry of their own.
"""

from maquette.methods.base import METHODS, Method, ParamGroup, Scan, Verdicts
from maquette.methods.cca import CCA
from maquette.methods.cmcl import CMCL
from maquette.methods.consensus import Consensus
from maquette.methods.cross_entropy import CrossEntropy
from maquette.methods.dac import DAC
from maquette.methods.dcca import DCCA
from maquette.methods.dccae import DCCAE
from maquette.methods.dscmr import DSCMR
from maquette.methods.dscmr_plus import DSCMRPlus
from maquette.methods.generalized_cross_entropy import GeneralizedCrossEntropy
from maquette.methods.head import SharedHead, mean_probabilities
from maquette.methods.kcca import KCCA
from maquette.methods.mcca import MCCA
from maquette.methods.mrl import MRL
from maquette.methods.mvda import MvDA
from maquette.methods.mvi import MVI
from maquette.methods.pls import PLS
from maquette.methods.projection import PROJECTIONS, LinearMaps, Projected, Projection
from maquette.methods.rono import RONO
from maquette.methods.supervised_contrastive import SupervisedContrastive

__all__ = [
    "CCA",
    "CMCL",
    "DAC",
    "DCCA",
    "DCCAE",
    "DSCMR",
    "KCCA",
    "MCCA",
    "METHODS",
    "MRL",
    "MVI",
    "PLS",
    "PROJECTIONS",
    "RONO",
    "Consensus",
    "CrossEntropy",
    "DSCMRPlus",
    "GeneralizedCrossEntropy",
    "LinearMaps",
    "Method",
    "MvDA",
    "ParamGroup",
    "Projected",
    "Projection",
    "Scan",
    "SharedHead",
    "SupervisedContrastive",
    "Verdicts",
    "mean_probabilities",
]
