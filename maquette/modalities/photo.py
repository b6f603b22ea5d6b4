"""From an image file to a small square of pixels: only formats and sizes that are safe to open, the right way up."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from maquette.errors import FileError

__all__ = ["PHOTO_SUFFIXES", "read_photo"]

PHOTO_SUFFIXES = frozenset({".jpeg", ".jpg", ".png", ".webp"})

_FORMATS = ("PNG", "JPEG", "WEBP")
_MOST_PIXELS = 40_000_000
_WHITE = (255, 255, 255)


def read_photo(path: Path, *, resolution: int) -> UInt8[np.ndarray, "H W 3"]:
    """The picture as a square of `resolution` pixels: turned as its EXIF says, on white, padded, antialiased.

    What is not square stands in the middle of a white square; transparent parts are white; gray becomes RGB. PNG, JPEG
    and WebP are told by content, not by suffix; of an animation the first frame counts. A file that is missing, of
    another kind, damaged, or of more than 40 million pixels (known before decoding) raises FileError.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures before ours is refused below, and of oddities in metadata nobody reads.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=_FORMATS) as picture:
                _check_size(path, picture)
                # JPEG only: decode at half, a quarter or an eighth where that is still twice as large as needed.
                picture.draft(None, (2 * resolution, 2 * resolution))
                return _square(_opaque(ImageOps.exif_transpose(picture)), resolution)
    except FileError:
        raise
    except UnidentifiedImageError as error:
        raise FileError(path, "not a PNG, JPEG or WebP image, or damaged in its first bytes") from error
    except Image.DecompressionBombError as error:
        raise FileError(path, _too_large("more than 150") + "; scale it down first") from error
    except MemoryError as error:
        raise FileError(path, "needs more memory than this process may take: scale it down first") from error
    # A decoder fed with damaged bytes raises whatever it meets: OSError, SyntaxError, ValueError, struct.error …
    except Exception as error:
        if isinstance(error, OSError) and error.strerror:
            raise FileError(path, f"cannot be opened: {error.strerror}") from error
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FileError(path, f"damaged image: {reason}; export it again or leave it out") from error


def _check_size(path: Path, picture: Image.Image) -> None:
    if picture.width * picture.height > _MOST_PIXELS:
        size = f"{picture.width} × {picture.height} = {picture.width * picture.height / 1e6:.0f}"
        raise FileError(path, _too_large(size) + "; scale it down first")


def _too_large(size: str) -> str:
    return f"{size} million pixels: expected at most {_MOST_PIXELS // 1_000_000} million"


def _opaque(picture: Image.Image) -> Image.Image:
    """RGB, with transparent parts white and 16-bit gray brought down to 8."""
    if picture.mode.startswith("I"):
        # Pillow's own conversion cuts off above 255 instead of scaling.
        return Image.fromarray((np.asarray(picture).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layered.size, (*_WHITE, 255)), layered).convert("RGB")
    return picture.convert("RGB")


def _square(picture: Image.Image, resolution: int) -> UInt8[np.ndarray, "H W 3"]:
    scale = resolution / max(picture.size)
    width, height = (max(round(side * scale), 1) for side in picture.size)
    fitted = picture.resize((width, height), Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", (resolution, resolution), _WHITE)
    canvas.paste(fitted, ((resolution - width) // 2, (resolution - height) // 2))
    return np.array(canvas)
