"""Photos as they come: every format, orientation and kind of damage."""

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image, ImageFile

from vision.datasets.scenes.examples import STORED
from vision.errors import PhotoError
from vision.images import FORMATS, Gps, NDArrayImage, photo_facts, read_photo, read_photo_file

Encode = Callable[..., bytes]


def assert_corners(pixels: NDArrayImage, tolerance: int = 12) -> None:
    """The four quarters have their colours, so the picture is upright and RGB."""
    assert pixels.dtype == np.uint8
    height, width = pixels.shape[:2]
    expected = {(1, 1): (255, 0, 0), (1, 3): (0, 255, 0), (3, 1): (0, 0, 255), (3, 3): (255, 255, 255)}
    for (row, column), colour in expected.items():
        got = pixels[height * row // 4, width * column // 4].astype(int)
        assert abs(got - colour).max() <= tolerance, (row, column, got)


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "HEIF", "TIFF", "PNG"])
@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_is_turned_upright(
    corners: NDArrayImage, encode: Encode, orientation: int, file_format: str
) -> None:
    upright = Image.fromarray(corners)
    how = STORED[orientation]
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    pillow_heif.register_heif_opener()
    data = encode(upright.transpose(how) if how is not None else upright, file_format, exif=exif.tobytes())
    photo = read_photo(data)
    assert (photo.width, photo.height) == (80, 60)
    assert photo.pixels.shape == (60, 80, 3)
    assert_corners(photo.pixels, tolerance=40 if file_format == "HEIF" else 12)


def formats(corners: NDArrayImage, encode: Encode) -> dict[str, bytes]:
    image = Image.fromarray(corners)
    wide = np.full((60, 80), 200 * 257, np.uint16)
    return {
        "jpeg": encode(image, "JPEG", quality=95),
        "jpeg progressive": encode(image, "JPEG", quality=95, progressive=True),
        "jpeg cmyk": encode(image.convert("CMYK"), "JPEG", quality=95),
        "jpeg grey": encode(image.convert("L"), "JPEG"),
        "mpo": encode(image, "MPO", save_all=True, append_images=[image.rotate(180)]),
        "png": encode(image, "PNG"),
        "png palette": encode(image.quantize(8), "PNG"),
        "png 16 bit grey": encode(Image.fromarray(wide), "PNG"),
        "webp": encode(image, "WEBP", quality=95),
        "tiff": encode(image, "TIFF"),
        "tiff 16 bit grey": encode(Image.fromarray(wide), "TIFF"),
        "gif": encode(image.quantize(8), "GIF", save_all=True, append_images=[image.rotate(180).quantize(8)]),
        "bmp": encode(image, "BMP"),
    }


COLOURED = ["jpeg", "jpeg progressive", "jpeg cmyk", "mpo", "png", "png palette", "webp", "tiff", "gif", "bmp"]


@pytest.mark.parametrize("name", COLOURED)
def test_formats_give_the_same_picture(corners: NDArrayImage, encode: Encode, name: str) -> None:
    assert_corners(read_photo(formats(corners, encode)[name]).pixels, tolerance=30)


@pytest.mark.parametrize("name", ["png 16 bit grey", "tiff 16 bit grey"])
def test_sixteen_bits_are_scaled_not_clipped(corners: NDArrayImage, encode: Encode, name: str) -> None:
    assert np.unique(read_photo(formats(corners, encode)[name]).pixels).tolist() == [200]


def test_sixteen_bit_colour_png(corners: NDArrayImage) -> None:
    rows = b"".join(b"\0" + (row.astype(">u2") * 257).tobytes() for row in corners)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 80, 60, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    assert_corners(read_photo(data).pixels)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_becomes_white(encode: Encode, mode: str) -> None:
    clear = Image.new("RGBA", (8, 8), (10, 20, 30, 0)).convert(mode)
    assert np.unique(read_photo(encode(clear, "PNG")).pixels).tolist() == [255]


def test_content_decides_not_the_name(corners: NDArrayImage, encode: Encode, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encode(corners, "PNG"))
    assert_corners(read_photo_file(path).pixels)


def test_reduced_decoding_keeps_the_full_size(corners: NDArrayImage, encode: Encode) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    large = Image.fromarray(corners).resize((1600, 1200)).transpose(Image.Transpose.ROTATE_90)
    photo = read_photo(encode(large, "JPEG", quality=95, exif=exif.tobytes()), at_least=500)
    assert (photo.width, photo.height) == (1600, 1200)
    assert photo.pixels.shape == (450, 600, 3)  # 3/8: 1/4 would be below 500
    assert_corners(photo.pixels)


def exif_of(taken: str | None, zone: str | None, gps: Mapping[int, object] | None) -> bytes:
    exif = Image.Exif()
    if taken:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    if zone:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.OffsetTimeOriginal] = zone
    if gps:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    return exif.tobytes()


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "HEIF", "TIFF", "PNG", "AVIF"])
@pytest.mark.parametrize("orientation", STORED)
def test_facts_agree_with_the_pixels(
    corners: NDArrayImage, encode: Encode, tmp_path: Path, orientation: int, file_format: str
) -> None:
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = tmp_path / "photo"
    path.write_bytes(encode(corners, file_format, exif=exif.tobytes()))
    facts, photo = photo_facts(path), read_photo_file(path)
    assert facts.format in FORMATS
    assert (facts.width, facts.height) == (photo.width, photo.height)


def test_facts_need_no_pixels(
    corners: NDArrayImage, encode: Encode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise AssertionError("the pixels were decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)
    path = tmp_path / "photo"
    for file_format in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"):
        taken = {} if file_format in ("GIF", "BMP") else {"exif": exif_of("2026:05:18 08:12:03", None, SOUTH_WEST)}
        path.write_bytes(encode(corners, file_format, **taken))
        facts = photo_facts(path)
        assert (facts.format, facts.width, facts.height) == (file_format, 80, 60)
        assert facts.captured == (datetime(2026, 5, 18, 8, 12, 3) if taken else None)
    path.write_bytes(encode(corners, "JPEG")[:700])  # the header is whole, the rest missing
    assert photo_facts(path).width == 80


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "empty"), (b"<svg/>", "not_an_image"), (b"\xff\xd8\xff", "not_an_image")]
)
def test_facts_of_no_picture(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(PhotoError) as caught:
        photo_facts(path)
    assert caught.value.reason == reason


def test_facts_of_too_large_a_picture(corners: NDArrayImage, encode: Encode, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encode(corners, "PNG"))
    with pytest.raises(PhotoError, match="80x60 is more than 4799 pixels"):
        photo_facts(path, max_pixels=4799)


SOUTH_WEST = {1: "S", 2: (33.0, 30.0, 36.0), 3: "W", 4: (70.0, 15.0, 0.0), 18: "CGCS2000"}


@pytest.mark.parametrize("file_format", ["JPEG", "HEIF", "PNG", "WEBP"])
def test_capture_time_and_place(corners: NDArrayImage, encode: Encode, file_format: str) -> None:
    pillow_heif.register_heif_opener()
    exif = exif_of("2026:05:18 08:12:03", "+08:00", SOUTH_WEST)
    photo = read_photo(encode(corners, file_format, exif=exif))
    assert photo.captured == datetime(2026, 5, 18, 8, 12, 3, tzinfo=timezone(timedelta(hours=8)))
    assert photo.captured.astimezone(UTC).hour == 0
    assert photo.gps == Gps(-33.51, -70.25, "CGCS2000")


@pytest.mark.parametrize(
    ("taken", "gps"),
    [
        pytest.param("0000:00:00 00:00:00", {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}, id="blank"),
        pytest.param("yesterday", {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (10.0, 0.0, 0.0)}, id="impossible"),
        pytest.param(None, {1: "N", 2: (31.0, 0.0, 0.0)}, id="half a point"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_unusable_metadata_is_left_out(
    corners: NDArrayImage, encode: Encode, taken: str | None, gps: dict[int, object] | None
) -> None:
    photo = read_photo(encode(corners, "JPEG", exif=exif_of(taken, None, gps)))
    assert photo.captured is None
    assert photo.gps is None


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # as outside of tests
def test_damaged_exif_does_not_cost_the_photo(corners: NDArrayImage, encode: Encode) -> None:
    photo = read_photo(encode(corners, "JPEG", quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage"))
    assert_corners(photo.pixels)


def bomb() -> bytes:
    """A PNG that claims 100,000 x 100,000 pixels in 60 bytes."""
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


@pytest.mark.parametrize("side", [16_000, 20_000, 100_000], ids=["just above", "above", "far above"])
def test_decompression_bombs_are_refused_unread(side: int) -> None:
    data = bomb().replace(struct.pack(">II", 100_000, 100_000), struct.pack(">II", side, side))
    header = data[12:29]
    data = data[:29] + struct.pack(">I", zlib.crc32(header)) + data[33:]
    with pytest.raises(PhotoError) as caught:
        read_photo(data, "bomb.png")
    assert caught.value.reason == "too_large"
    assert "bomb.png" in str(caught.value)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "GIF"])
@pytest.mark.parametrize("kept", [0.3, 0.7])
def test_truncated_files(encode: Encode, file_format: str, kept: float) -> None:
    pillow_heif.register_heif_opener()
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    data = encode(noise, file_format)
    with pytest.raises(PhotoError) as caught:
        read_photo(data[: int(len(data) * kept)], "half.jpg")
    assert caught.value.reason in ("truncated", "not_an_image")
    assert "half.jpg" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"this is a text", "not_an_image", id="text"),
        pytest.param(b"\xff\xd8\xff", "not_an_image", id="three bytes"),
        pytest.param(b"%PDF-1.7\n" + bytes(500), "not_an_image", id="pdf"),
    ],
)
def test_what_is_no_photo(data: bytes, reason: str) -> None:
    with pytest.raises(PhotoError) as caught:
        read_photo(data, "x.jpg")
    assert caught.value.reason == reason


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"nothing\.jpg.*No such file"):
        read_photo_file(tmp_path / "nothing.jpg")


def tiff(image: Image.Image, **tags: int) -> bytes:
    numbers = {"bits": 258, "photometric": 262, "sample_format": 339}
    buffer = io.BytesIO()
    image.save(buffer, "TIFF", tiffinfo={numbers[name]: value for name, value in tags.items()})
    return buffer.getvalue()


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_32_bit_pixels_are_unsupported(kind: type) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.full((4, 4), 200, kind)).save(buffer, "TIFF")
    with pytest.raises(PhotoError, match="8 or 16 bits") as caught:
        read_photo(buffer.getvalue())
    assert caught.value.reason == "unsupported"


def test_a_tiff_whose_white_is_zero() -> None:
    wide = Image.fromarray(np.full((4, 4), 55 * 257, np.uint16))
    data = bytearray(tiff(wide))
    entry = struct.pack("<HHI", 262, 3, 1)
    data[data.index(entry) + 8] = 0
    assert np.unique(read_photo(bytes(data)).pixels).tolist() == [200]


def test_other_formats_are_not_even_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow would start Ghostscript on an EPS."""
    started = tmp_path / "started"
    gs = tmp_path / "gs"
    gs.write_text(f"#!/bin/sh\ntouch {started}\n")
    gs.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
    with pytest.raises(PhotoError) as caught:
        read_photo(eps, "photo.jpg")
    assert caught.value.reason == "not_an_image"
    assert not started.exists()


@pytest.mark.parametrize("file_format", ["PNG", "HEIF", "WEBP"])
def test_large_photos_are_reduced_after_decoding(corners: NDArrayImage, encode: Encode, file_format: str) -> None:
    pillow_heif.register_heif_opener()
    large = Image.fromarray(corners).resize((1600, 1200))
    photo = read_photo(encode(large, file_format), at_least=500)
    assert (photo.width, photo.height) == (1600, 1200)
    assert photo.pixels.shape == (400, 534, 3)
    assert_corners(photo.pixels, tolerance=40)


def test_a_line_is_a_photo_too(encode: Encode) -> None:
    photo = read_photo(encode(Image.new("RGB", (30000, 1)), "JPEG"), at_least=500)
    assert (photo.width, photo.height) == (30000, 1)
