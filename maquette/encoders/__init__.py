"""Encoders: from a batch's tensors to representations in the common space, and the model that holds one a modality.

Importing this folder registers every encoder in `ENCODERS`.
"""

from maquette.encoders.base import ENCODERS, Head, ViewEncoder
from maquette.encoders.dgcnn import DGCNN
from maquette.encoders.embed import Embedded, embed, move_batch
from maquette.encoders.meshnet import MeshNet
from maquette.encoders.mlp import MLP
from maquette.encoders.mnist_cnn import MnistCNN
from maquette.encoders.model import CrossModalModel, ModalitySpec, evaluating, export_model, open_model, start_from
from maquette.encoders.onnx import export_onnx, is_exportable, on_onnxruntime
from maquette.encoders.pointnet import PointNet
from maquette.encoders.resnet import ResNet18

__all__ = [
    "DGCNN",
    "ENCODERS",
    "MLP",
    "CrossModalModel",
    "Embedded",
    "Head",
    "MeshNet",
    "MnistCNN",
    "ModalitySpec",
    "PointNet",
    "ResNet18",
    "ViewEncoder",
    "embed",
    "evaluating",
    "export_model",
    "export_onnx",
    "is_exportable",
    "move_batch",
    "on_onnxruntime",
    "open_model",
    "start_from",
]
