from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import segno
import vl_convert
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from rootwarden.breakglass.codes.qr import read_qr, svg
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = "otpauth://totp/device@000011112222?secret=" + "CANARY23" * 8


def code(text: str = TEXT, *, scale: int = 5, border: int = 4, **colours: Any) -> Image.Image:
    written = io.BytesIO()
    segno.make(text, micro=False).save(written, kind="png", scale=scale, border=border, **colours)
    return Image.open(io.BytesIO(written.getvalue())).convert("RGB")


def file(picture: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **how)
    return written.getvalue()


def on_a_page(*codes: Image.Image) -> Image.Image:
    page = Image.new("RGB", (60 + sum(one.width + 60 for one in codes), 700), "white")
    left = 60
    for one in codes:
        page.paste(one, (left, 80))
        left += one.width + 60
    return page


def transparent() -> Image.Image:
    """Black modules on nothing: on black it would be a black square."""
    grey = code().convert("L")
    picture = Image.new("RGBA", grey.size, (0, 0, 0, 0))
    picture.putalpha(grey.point(lambda value: 255 - value))
    return picture


PICTURES: dict[str, Callable[[], bytes]] = {
    "PNG": lambda: file(code()),
    "JPEG": lambda: file(code(), "JPEG", quality=40),
    "WebP": lambda: file(code(), "WEBP", quality=40),
    "GIF": lambda: file(code(), "GIF"),
    "black and white": lambda: file(code().convert("1")),
    "palette": lambda: file(code().convert("P")),
    "CMYK": lambda: file(code().convert("CMYK"), "JPEG"),
    "16 bits grey": lambda: file(code().convert("L").convert("I").point(lambda value: value * 257).convert("I;16")),
    "transparent": lambda: file(transparent()),
    "palette with transparency": lambda: file(transparent().convert("P"), transparency=0),
    "white on black": lambda: file(code(dark="white", light="black")),
    "AWS orange": lambda: file(code(dark="#232f3e", light="#ff9900")),
    "upside down": lambda: file(code().rotate(180)),
    "on its side": lambda: file(code().rotate(90)),
    "a little askew": lambda: file(code().rotate(7, expand=True, fillcolor="white")),
    "askew": lambda: file(code().rotate(33, expand=True, fillcolor="white")),
    "small": lambda: file(code(scale=2)),
    "large": lambda: file(code(scale=30)),
    "scaled to an odd size": lambda: file(code().resize((301, 317), Image.Resampling.BILINEAR)),
    "within a page": lambda: file(on_a_page(code())),
    "first of an animation": lambda: file(
        code(), "GIF", save_all=True, append_images=[code("another"), code("a third")], duration=100
    ),
    "first of an animation, WebP": lambda: file(
        code(),
        "WEBP",
        save_all=True,
        append_images=[code("another").resize(code().size), code("a third").resize(code().size)],
        duration=100,
        lossless=True,
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_bg_15_a_code_is_read_from_a_picture(name: str) -> None:
    assert read_qr(PICTURES[name]()) == TEXT


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is huge, with a content of zeros that packs well."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A small PNG with 20 MB of text beside the picture."""
    whole = file(code())
    packed = b"x\0\0" + zlib.compress(bytes(20_000_000), 9)
    return whole[:33] + chunk(b"zTXt", packed) + whole[33:]


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "cannot be read"),
    "text": (TEXT.encode, "cannot be read"),
    "PDF": (lambda: file(code(), "PDF"), "cannot be read"),
    "BMP": (lambda: file(code(), "BMP"), "cannot be read"),
    "TIFF": (lambda: file(code(), "TIFF"), "cannot be read"),
    "SVG": (lambda: svg(TEXT).encode(), "cannot be read"),
    "half a PNG": (lambda: file(code())[:300], "cannot be read"),
    "half a JPEG": (lambda: file(code(), "JPEG")[:3000], "cannot be read"),
    "a large file": (lambda: file(code()) + bytes(11_000_000), "larger than 10 MiB"),
    "too many pixels": (lambda: bomb(6_000, 6_000), "pixels"),
    "a bomb that is warned of": (lambda: bomb(11_000, 11_000), "pixels"),
    "a bomb": (lambda: bomb(60_000, 60_000), "pixels"),
    "a ribbon": (lambda: bomb(1, 20_000), "side"),
    "no pixels": (lambda: bomb(0, 0), "cannot be read"),
    "a text bomb": (text_bomb, "cannot be read"),
    "no code": (lambda: file(Image.new("L", (300, 300), "white")), "no QR code"),
    "noise": (lambda: file(Image.effect_noise((300, 300), 90)), "no QR code"),
    "cut": (lambda: file(code().crop((0, 0, 120, 120))), "no QR code"),
    "two": (lambda: file(on_a_page(code(), code("another"))), "2 QR codes"),
    "the same twice": (lambda: file(on_a_page(code(), code())), "2 QR codes"),
    "three": (lambda: file(on_a_page(code("a"), code("b"), code("c"))), "3 QR codes"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_refused_with_a_hint(name: str) -> None:
    made, message = BAD[name]
    with pytest.raises(InputError, match=message) as caught:
        read_qr(made())
    assert caught.value.hint
    assert "CANARY" not in repr(caught.value) + repr(caught.value.__cause__)


def test_a_code_that_holds_no_text_is_refused() -> None:
    written = io.BytesIO()
    segno.make(b"\xff\xfe\x00\x80" * 8, micro=False, mode="byte").save(written, kind="png", scale=5)
    with pytest.raises(InputError, match="no text"):
        read_qr(written.getvalue())


def test_micro_codes_are_not_looked_for() -> None:
    written = io.BytesIO()
    segno.make("12345", micro=True).save(written, kind="png", scale=8)
    with pytest.raises(InputError, match="no QR code"):
        read_qr(written.getvalue())


FILES = [file(code(scale=2), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(FILES), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=8))
def test_any_damage_is_read_or_refused(whole: bytes, changes: list[tuple[float, int]]) -> None:
    content = bytearray(whole)
    for where, value in changes:
        content[int(where * len(content))] = value
    try:
        assert read_qr(bytes(content))
    except InputError as error:
        assert error.hint  # noqa: PT017 - nothing else may be raised


@pytest.mark.parametrize("text", [TEXT, "AGE-SECRET-KEY-1" + "Q" * 58, "Größe 東京", "x", "z" * 1000])
def test_what_is_printed_on_paper_is_read_back(text: str) -> None:
    picture = vl_convert.svg_to_png(
        svg(text, title="key").replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    )
    assert read_qr(picture) == text


def test_an_svg_stands_in_a_page_and_tells_nothing_in_words() -> None:
    made = svg(TEXT, title='the <key> of "Ada"')
    assert made.startswith("<svg ")
    assert "CANARY" not in made
    assert "<key>" not in made
    assert "&lt;key&gt;" in made


@pytest.mark.parametrize("text", ["", "x" * 2332])
def test_too_much_for_a_code_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="bytes"):
        svg(text)
