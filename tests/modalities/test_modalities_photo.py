"""Reading photos: what they are turned into, and what is refused with one line."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maquette.errors import FileError
from maquette.modalities.photo import read_photo
from tests.modalities.modality_cases import photo


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_every_format_with_its_content_not_its_name(tmp_path: Path, suffix: str) -> None:
    path = photo(tmp_path / f"a.{suffix}", (200, 100, 50))
    renamed = path.rename(tmp_path / "b.png")
    image = read_photo(renamed, resolution=8)
    assert image.shape == (8, 8, 3)
    assert np.abs(image.astype(int) - (200, 100, 50)).max() <= 4


def test_wide_pictures_stand_in_the_middle_of_white(tmp_path: Path) -> None:
    image = read_photo(photo(tmp_path / "wide.png", (10, 20, 30), size=(40, 20)), resolution=16)
    assert (image[:4] == 255).all()
    assert (image[12:] == 255).all()
    assert (image[4:12] == (10, 20, 30)).all()
    thin = read_photo(photo(tmp_path / "thin.png", (10, 20, 30), size=(1, 900)), resolution=9)
    assert ((thin != 255).any(axis=2).sum(axis=1) == 1).all()


def test_resizing_is_antialiased(tmp_path: Path) -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    image = read_photo(tmp_path / "stripes.png", resolution=16)
    assert np.abs(image[:, 2:-2].astype(int) - 127).max() <= 12


def test_exif_turns_the_picture(tmp_path: Path) -> None:
    pixels = np.zeros((16, 16, 3), dtype=np.uint8)
    pixels[:8] = 255  # white above
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    Image.fromarray(pixels).save(tmp_path / "turned.jpg", exif=exif, quality=95)
    image = read_photo(tmp_path / "turned.jpg", resolution=16)
    assert image[:, 10:].min() > 200
    assert image[:, :6].max() < 55


def test_gray_palette_and_transparency(tmp_path: Path) -> None:
    assert (read_photo(photo(tmp_path / "gray.png", (77,), mode="L"), resolution=4) == 77).all()
    see_through = read_photo(photo(tmp_path / "alpha.png", (0, 0, 0, 0), mode="RGBA"), resolution=4)
    assert (see_through == 255).all()
    half = read_photo(photo(tmp_path / "half.png", (0, 0, 0, 128), mode="RGBA"), resolution=4)
    assert np.abs(half.astype(int) - 127).max() <= 1
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([9, 9, 9, 200, 0, 0])
    palette.save(tmp_path / "palette.png", transparency=1)
    assert (read_photo(tmp_path / "palette.png", resolution=4) == 255).all()
    palette.save(tmp_path / "opaque.png")
    assert (read_photo(tmp_path / "opaque.png", resolution=4) == (200, 0, 0)).all()
    Image.fromarray(np.full((8, 8), 30000, dtype=np.uint16)).save(tmp_path / "deep.png")
    assert (read_photo(tmp_path / "deep.png", resolution=4) == 30000 >> 8).all()


def png(width: int, height: int) -> bytes:
    """The beginning of a PNG file that claims a size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


@pytest.mark.parametrize(("width", "height"), [(8000, 5001), (60000, 60000), (2**31 - 1, 1)])
def test_huge_pictures_are_refused_before_decoding(tmp_path: Path, width: int, height: int) -> None:
    path = tmp_path / "huge.png"
    data = b"IDAT" + zlib.compress(b"\0" * 64)
    path.write_bytes(png(width, height) + struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data)))
    with pytest.raises(FileError, match="million pixels: expected at most 40 million"):
        read_photo(path, resolution=8)


def test_damaged_files_give_one_line(tmp_path: Path) -> None:
    whole = photo(tmp_path / "whole.png", (1, 2, 3), size=(300, 300)).read_bytes()
    jpeg = photo(tmp_path / "whole.jpg", (1, 2, 3), size=(300, 300)).read_bytes()
    bad = {
        "empty.png": b"",
        "text.png": b"this is a text\nof two lines",
        "cut.png": whole[: len(whole) // 2],
        "cut.jpg": jpeg[: len(jpeg) // 2],
        "header.png": png(10, 10),
        "pixmap.png": b"P6 1 1 255 abc",  # Pillow reads it, but it is not on the list
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(FileError) as caught:
            read_photo(tmp_path / name, resolution=8)
        assert "\n" not in caught.value.reason
        assert caught.value.path.endswith(name)
    for path in (tmp_path / "missing.png", tmp_path):
        with pytest.raises(FileError, match="cannot be opened"):
            read_photo(path, resolution=8)


def test_flipped_bytes_never_escape(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (24, 24, 3)).astype(np.uint8)
    for suffix in ("png", "jpg", "webp"):
        path = tmp_path / f"a.{suffix}"
        Image.fromarray(pixels).save(path)
        good = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        for _ in range(60):
            bad = good.copy()
            bad[rng.integers(0, len(bad), 8)] = rng.integers(0, 256, 8)
            path.write_bytes(bad.tobytes())
            try:
                assert read_photo(path, resolution=8).shape == (8, 8, 3)
            except FileError as error:
                assert "\n" not in error.reason
