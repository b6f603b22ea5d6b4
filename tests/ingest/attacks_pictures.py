"""Attacks on pictures: bombs, other formats in disguise, damaged chunks, and metadata that must not come through."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, PngImagePlugin

from tests.ingest.attacks import CANARY, Attack
from tests.ingest.valid_files import VALID

__all__ = ["attacks_on_pictures", "png"]


def png(width: int, height: int, body: bytes = b"", *, more: bytes = b"") -> bytes:
    """A PNG, one bit of gray a pixel, that promises this size; `body` is its compressed data, `more` other chunks."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + more + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def attacks_on_pictures() -> Iterator[Attack]:
    """All of this file."""
    whole = zlib.compress(bytes((50_000 // 8 + 1) * 50_000), 9)
    yield Attack("PNG bomb of 2,500 million pixels", ".png", png(50_000, 50_000, whole))
    yield Attack("PNG of 41 million pixels", ".png", png(8_200, 5_000, zlib.compress(bytes(1026 * 5_000))))
    for size in ((0, 0), (2**31 - 1, 1), (2**32 - 1, 2**32 - 1), (1, 2**31)):
        yield Attack(f"PNG of {size}", ".png", png(*size))
    text = zlib.compress(bytes(200_000_000), 9)
    for kind in (b"zTXt", b"iCCP"):
        swollen = _chunk(kind, b"a\0\0" + text)
        yield Attack(
            f"PNG {kind.decode()} bomb", ".png", png(8, 8, zlib.compress(bytes(16)), more=swollen), refused=False
        )
    yield Attack("PNG without data", ".png", png(8, 8))
    yield Attack("PNG data too short", ".png", png(4_000, 4_000, zlib.compress(bytes(9))))
    yield Attack("PNG chunk of 4 GB", ".png", png(8, 8)[:33] + b"\xff\xff\xff\xffIDAT")
    sound = VALID["PNG"][1](0)
    yield Attack("PNG wrong checksum", ".png", sound[:29] + b"\0\0\0\0" + sound[33:])
    jpeg = bytearray(VALID["JPEG"][1](0))
    start = jpeg.index(b"\xff\xc0")
    for side in (65_535, 0):
        changed = jpeg.copy()
        changed[start + 5 : start + 9] = struct.pack(">HH", side, side)
        yield Attack(f"JPEG of {side} x {side}", ".jpg", bytes(changed))
    yield Attack(
        "JPEG marker of no length", ".jpg", bytes(jpeg[:2]) + b"\xff\xe1\x00\x00" + bytes(jpeg[2:]), refused=False
    )
    yield Attack(
        "JPEG 50,000 comments",
        ".jpg",
        bytes(jpeg[:2]) + b"\xff\xfe\x00\x04ab" * 50_000 + bytes(jpeg[2:]),
        refused=False,
    )
    webp = VALID["WebP"][1](0)
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + b"\xff\x3f\0" + b"\xff\x3f\0"
    yield Attack("WebP canvas of 16,384", ".webp", b"RIFF" + struct.pack("<I", 4 + len(canvas)) + b"WEBP" + canvas)
    yield Attack("WebP length of 4 GB", ".webp", webp[:4] + b"\xff\xff\xff\xff" + webp[8:], refused=False)
    picture = Image.open(io.BytesIO(sound))
    for name in ("GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "EPS", "PDF"):
        stream = io.BytesIO()
        picture.save(stream, format=name)
        yield Attack(f"{name} named PNG", ".png", stream.getvalue())
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///tmp/{CANARY}.txt"/></svg>'
    yield Attack("SVG named PNG", ".png", svg.encode())
    yield Attack("PostScript named JPEG", ".jpg", f"%!PS-Adobe\n(/tmp/{CANARY}.txt) run\n".encode())
    yield from _with_metadata(picture)


def _with_metadata(picture: Image.Image) -> Iterator[Attack]:
    """Where the photo was taken is nobody's business: it must not be in any answer."""
    exif = Image.Exif()
    exif[0x010E] = CANARY  # the description
    exif[0x8825] = {1: "N", 2: (48.0, 12.0, 30.0)}  # the place
    for kind, suffix in (("JPEG", ".jpg"), ("WEBP", ".webp"), ("PNG", ".png")):
        stream = io.BytesIO()
        picture.save(stream, format=kind, exif=exif)
        yield Attack(f"{kind} with its place", suffix, stream.getvalue(), refused=False)
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", CANARY)
    stream = io.BytesIO()
    picture.save(stream, format="PNG", pnginfo=notes)
    yield Attack("PNG with a comment", ".png", stream.getvalue(), refused=False)
