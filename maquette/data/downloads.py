"""Where the published data sets can be had: addresses, sizes and checksums as far as they are known.

Checksums are others' where a source publishes none; where none is known the one found on the first download is recorded
beside the files. Sets that want a login or an agreement have no address: bring your own copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from maquette.errors import FileError, UnknownNameError

__all__ = ["DOWNLOADS", "Download", "RemoteFile", "get_download"]


@dataclass(frozen=True)
class RemoteFile:
    """One file: its name here, its addresses in the order to try them, checksums and size where known.

    `members` are MD5 sums of files inside, checked after unpacking.
    """

    name: str
    urls: tuple[str, ...]
    sha256: str = ""
    size: int = 0
    members: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Download:
    """A data set's files, what is asked of who takes them, and which reader takes what is unpacked.

    `layout` are patterns, one of which matches in the folder that the reader takes as its source; `options` are the
    reader's other options for this set.
    """

    name: str
    dataset: str
    files: tuple[RemoteFile, ...]
    terms: str
    layout: tuple[str, ...]
    options: Mapping[str, int] = field(default_factory=dict)

    def find_source(self, folder: Path) -> Path:
        """The reader's source in what was unpacked: `folder`, or a folder in it, two levels down at most.

        FileError where nothing is laid out as the reader wants it: then it was another archive.
        """
        level = [folder]
        for _ in range(_LEVELS):
            for place in level:
                # Archives made on a Mac hold a second tree, __MACOSX, whose files begin with a dot.
                if any(not path.name.startswith(".") for pattern in self.layout for path in place.glob(pattern)):
                    return place
            inner = [path for place in level if place.is_dir() for path in sorted(place.iterdir()) if path.is_dir()]
            level = [path for path in inner if not path.name.startswith((".", "__"))]
        raise FileError(
            folder, f"holds no {' or '.join(self.layout)}: expected {self.name} as it is published, bring that"
        )


_LEVELS = 3
_PRINCETON = "academic use; the models belong to their authors"
_HDF5 = "modelnet40_ply_hdf5_2048"
_OFF_TREE = ("*/train/*.off",)

DOWNLOADS: Mapping[str, Download] = {
    download.name: download
    for download in (
        Download(
            "modelnet10",
            "modelnet",
            (
                RemoteFile(
                    "ModelNet10.zip",
                    (
                        "https://3dvision.princeton.edu/projects/2014/3DShapeNets/ModelNet10.zip",
                        "http://vision.princeton.edu/projects/2014/3DShapeNets/ModelNet10.zip",
                    ),
                ),
            ),
            _PRINCETON,
            _OFF_TREE,
            {"classes": 10},
        ),
        Download(
            "modelnet40",
            "modelnet",
            (
                RemoteFile(
                    "ModelNet40.zip",
                    (
                        "https://modelnet.cs.princeton.edu/ModelNet40.zip",
                        "http://modelnet.cs.princeton.edu/ModelNet40.zip",
                    ),
                ),
            ),
            _PRINCETON,
            _OFF_TREE,
        ),
        Download(
            "modelnet40_hdf5",
            "modelnet",
            (
                RemoteFile(
                    f"{_HDF5}.zip",
                    (f"https://shapenet.cs.stanford.edu/media/{_HDF5}.zip",),
                    members={
                        f"{_HDF5}/ply_data_train0.h5": "3176385ffc31a7b6b5af22191fd920d1",
                        f"{_HDF5}/ply_data_train1.h5": "e3f613fb500559403b34925112754dc4",
                        f"{_HDF5}/ply_data_train2.h5": "0c56e233a090ff87c3049d4ce08e7d8b",
                        f"{_HDF5}/ply_data_train3.h5": "9d2af465adfa33a3285c369f3ca66c45",
                        f"{_HDF5}/ply_data_train4.h5": "dff38de489b2c41bfaeded86c2208984",
                        f"{_HDF5}/ply_data_test0.h5": "e9732e6d83b09e79e9a7617df058adee",
                        f"{_HDF5}/ply_data_test1.h5": "aba4b12a67c34391cc3c015a6f08ed4b",
                    },
                ),
            ),
            _PRINCETON,
            (f"{_HDF5}/*.h5",),
        ),
        Download(
            "wikipedia",
            "wikipedia",
            (
                RemoteFile(
                    "wikipedia_dataset.zip",
                    ("http://www.svcl.ucsd.edu/projects/crossmodal/wikipedia_dataset.zip",),
                ),
            ),
            "none stated; the texts and images are Wikipedia's",
            ("*.mat", "*.npz"),
        ),
        Download(
            "rgbd_object",
            "rgbd_object",
            (
                RemoteFile(
                    "rgbd-dataset.tar",
                    ("https://rgbd-dataset.cs.washington.edu/dataset/rgbd-dataset/rgbd-dataset.tar",),
                ),
            ),
            "research use, with a citation; tens of gigabytes",
            ("*/*/*_crop.png",),
        ),
        Download(
            "scanobjectnn",
            "scanobjectnn",
            (RemoteFile("h5_files.zip", ()),),
            "agree to the terms at https://hkust-vgd.github.io/scanobjectnn/, then bring your copy",
            ("main_split*/*.h5",),
        ),
        Download(
            "mnist3d",
            "mnist3d",
            (RemoteFile("3d-mnist.zip", ()),),
            "log in at https://www.kaggle.com/datasets/daavoo/3d-mnist, then bring your copy",
            ("train_point_clouds.h5", "train_img_feat.npy", "*.npz"),
        ),
    )
}
"""By the name that `maquette data fetch` takes."""


def get_download(name: str) -> Download:
    """What is known of a set's files; an unknown name raises and lists the known ones.

    >>> get_download("modelnet40").files[0].name
    'ModelNet40.zip'
    """
    if name not in DOWNLOADS:
        raise UnknownNameError("download", name, DOWNLOADS)
    return DOWNLOADS[name]
