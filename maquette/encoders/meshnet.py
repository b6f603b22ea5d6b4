"""MeshNet: a mesh's encoder that works on faces and their three neighbours.

Feng et al., MeshNet: Mesh Neural Network for 3D Shape Representation, AAAI 2019, https://arxiv.org/abs/1811.11424;
sizes as CMCL uses it, `width` w = 64 scaling all of them:

    spatial     = MLP 3 → w → w of the face's center
    structural  = MLP (2w + 3) → (2w + 3) → (2w + 3) of
                  face rotate convolution (w) ⊕ face kernel correlation (w kernels) ⊕ unit normal (3)
    mesh conv 1 : (w, 2w + 3) → (4w, 4w);  mesh conv 2 : (4w, 4w) → (8w, 8w)
    fusion      = MLP of both outputs of mesh conv 2 → 16w
    per face    = MLP of spatial 1 (4w) ⊕ spatial 2 (8w) ⊕ fusion (16w) → 16w;  maximum over the faces;  head

Every "MLP" is Linear, BatchNorm, ReLU a layer. Choices where the paper leaves room:
* face rotate convolution: the shared perceptron (6 → w/2 → w/2) sees the corner pairs (1,2), (2,3), (3,1) as three
  rows of one batch, so BatchNorm treats the three alike; their mean goes through w → w.
* face kernel correlation: a Gaussian kernel, σ = 0.2, between the normals of a face and its three neighbours and the
  four learnable unit vectors of each kernel (by their angles), averaged over the 4 × 4 pairs; BatchNorm and ReLU
  follow. The sum over a kernel's vectors is taken once a face, not once a face and neighbour.
* aggregation is the paper's "Concat": each face beside each neighbour through Linear (2C → C), BatchNorm, ReLU, the
  maximum over the three: an edge layer, computed on faces (`edgeconv.edge_layer`).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from maquette.encoders.base import ENCODERS, Head, check_sizes
from maquette.encoders.edgeconv import edge_layer
from maquette.encoders.gather import neighbour_sum
from maquette.encoders.pointwise import Pointwise, object_max
from maquette.errors import ConfigError

__all__ = ["FaceKernelCorrelation", "FaceRotateConvolution", "MeshConvolution", "MeshNet"]


class FaceRotateConvolution(nn.Module):
    """What the corners say, whichever of the three is called the first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.pair = nn.Sequential(Pointwise(6, width // 2), Pointwise(width // 2, width // 2))
        self.mix = nn.Sequential(Pointwise(width // 2, width), Pointwise(width, width))

    def forward(self, corners: Float[Tensor, "R 9"]) -> Float[Tensor, "R W"]:
        """One vector a face, from its corners relative to its center."""
        first, second, third = corners.chunk(3, dim=1)
        pairs = torch.cat([torch.cat(two, dim=1) for two in ((first, second), (second, third), (third, first))])
        mean = self.pair(pairs).view(3, len(corners), -1).mean(0)
        mixed: Tensor = self.mix(mean)
        return mixed


class FaceKernelCorrelation(nn.Module):
    """How much the normals of a face and its neighbours look like each of a set of learnable normals."""

    def __init__(self, kernels: int, *, sigma: float = 0.2) -> None:
        super().__init__()
        self.sigma = sigma
        self.alpha = nn.Parameter(torch.rand(kernels, 4) * math.pi)
        self.beta = nn.Parameter(torch.rand(kernels, 4) * 2 * math.pi)
        self.norm = nn.BatchNorm1d(kernels)

    def forward(self, normals: Float[Tensor, "R 3"], neighbours: Int[Tensor, "R 3"]) -> Float[Tensor, "R W"]:
        """Correlations of each face, normalised."""
        # Half precision would round the distances between nearly equal normals to nothing.
        with torch.autocast(normals.device.type, enabled=False):
            sine = self.alpha.sin()
            kernels = torch.stack([sine * self.beta.cos(), sine * self.beta.sin(), self.alpha.cos()], dim=-1)
            # −|n − w|² / 2σ² with |w| = 1; a degenerate face's normal is 0, so |n| is not taken to be 1.
            own = (-(normals.square().sum(1, keepdim=True) + 1) / (2 * self.sigma**2)).expand(
                -1, kernels[..., 0].numel()
            )
            exponents = torch.addmm(own, normals, kernels.view(-1, 3).T, alpha=1 / self.sigma**2)
            near = exponents.exp().view(len(normals), -1, 4).sum(2)
            correlations = (near + neighbour_sum(near, neighbours)) / 16
            return F.relu(self.norm(correlations))


class MeshConvolution(nn.Module):
    """Combines what is known of where a face is and of its shape, and gathers the shapes around it."""

    def __init__(self, spatial: int, structural: int, outputs: int) -> None:
        super().__init__()
        self.combine = Pointwise(spatial + structural, outputs)
        self.concat = Pointwise(2 * structural, structural)
        self.aggregate = Pointwise(structural, outputs)

    def forward(
        self, spatial: Float[Tensor, "R S"], structural: Float[Tensor, "R T"], neighbours: Int[Tensor, "R 3"]
    ) -> tuple[Float[Tensor, "R O"], Float[Tensor, "R O"]]:
        """The next spatial and structural vectors of each face."""
        to_self, to_neighbour = self.concat.linear.weight.chunk(2, dim=1)
        around = edge_layer(structural, neighbours, to_neighbour, to_self, norm=self.concat.norm, slope=0.0)
        return self.combine(spatial, structural), self.aggregate(around)


@ENCODERS.register("meshnet")
class MeshNet(nn.Module):
    """Encoder of meshes; `width` 64 is the paper's network, 16 a sixteenth of its work."""

    def __init__(self, *, dimensions: int = 512, width: int = 64) -> None:
        super().__init__()
        check_sizes("meshnet", dimensions=dimensions, width=width)
        if width % 2:
            raise ConfigError(f"meshnet: width is {width}: expected an even number")
        shape = 2 * width + 3
        self.spatial = nn.Sequential(Pointwise(3, width), Pointwise(width, width))
        self.rotate = FaceRotateConvolution(width)
        self.kernel = FaceKernelCorrelation(width)
        self.structural = nn.Sequential(Pointwise(shape, shape), Pointwise(shape, shape))
        self.conv1 = MeshConvolution(width, shape, 4 * width)
        self.conv2 = MeshConvolution(4 * width, 4 * width, 8 * width)
        self.fusion = Pointwise(16 * width, 16 * width)
        self.concat = Pointwise(28 * width, 16 * width)
        self.head = Head(16 * width, dimensions)

    def forward(
        self,
        centers: Float[Tensor, "B 3 F"],
        corners: Float[Tensor, "B 9 F"],
        normals: Float[Tensor, "B 3 F"],
        neighbours: Int[Tensor, "B F 3"],
    ) -> Float[Tensor, "B D"]:
        """Representations; `corners` are relative to the center, `neighbours` are faces of the same object."""
        objects, _, count = centers.shape
        rows = (neighbours + torch.arange(objects, device=neighbours.device).view(-1, 1, 1) * count).flatten(0, 1)
        center, corner, normal = (x.transpose(1, 2).flatten(0, 1) for x in (centers, corners, normals))
        shape = self.structural(torch.cat([self.rotate(corner), self.kernel(normal, rows), normal], dim=1))
        spatial1, structural1 = self.conv1(self.spatial(center), shape, rows)
        spatial2, structural2 = self.conv2(spatial1, structural1, rows)
        fused = self.fusion(spatial2, structural2)
        faces = self.concat(spatial1, spatial2, fused)
        representations: Tensor = self.head(object_max(faces.view(objects, count, -1)))
        return representations
