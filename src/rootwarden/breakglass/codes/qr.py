"""QR codes in from a picture and out for paper.

The picture is hostile: its size, format and pixels are bounded before it is unpacked. Decoders are C and C++ code all
the same, so the caller reads pictures in a short-lived process that holds nothing else.
"""

from __future__ import annotations

import io
from typing import Final

import segno
import zxingcpp
from PIL import Image

from rootwarden.errors import InputError

LARGEST_FILE: Final = 10 * 1024 * 1024
# A photograph of a phone, with room to spare; a byte a pixel once it is grey.
MOST_PIXELS: Final = 32_000_000
LARGEST_SIDE: Final = 12_000
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
# A QR code of version 40 with level M holds no more bytes.
LONGEST_TEXT: Final = 2331
# Not the micro and rectangular kinds, which nobody makes for this.
_QR: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCodeModel2])
_MODES: Final = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr", "I;16", "I")


def read_qr(content: bytes) -> str:
    """The text of the one QR code in a picture.

    Args:
        content: A PNG, JPEG, WebP or GIF file; of an animation the first picture.

    Returns:
        The text, which may be a secret: hand it to `read_otpauth` and keep it nowhere.

    Raises:
        InputError: It is no such picture, is too large, or has no QR code, several, or one without text.
    """
    found = zxingcpp.read_barcodes(_grey(content), formats=_QR, text_mode=zxingcpp.TextMode.Plain)
    if not found:
        raise InputError(
            "there is no QR code in the picture",
            hint="cut the picture to the code with its white margin, sharp and whole, or paste the secret key",
        )
    if len(found) > 1:
        raise InputError(f"there are {len(found)} QR codes in the picture", hint="cut it to the one that is meant")
    # Errors of a decoder carry what they decode along, so it is asked for a mark instead.
    text = found[0].bytes.decode("utf-8", "replace")
    if not text or "\ufffd" in text:
        raise InputError("the QR code holds no text", hint="show the QR code AWS shows for a virtual MFA device")
    return text


def _grey(content: bytes) -> Image.Image:
    if len(content) > LARGEST_FILE:
        raise InputError(f"the picture is larger than {LARGEST_FILE // 1024 // 1024} MiB", hint="cut it to the QR code")
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        width, height = picture.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        width = height = LARGEST_SIDE + 1
    except Exception as error:  # noqa: BLE001 - hostile bytes make a decoder raise whatever it likes
        raise _unreadable(error) from None
    if width * height > MOST_PIXELS or max(width, height) > LARGEST_SIDE:
        raise InputError(
            f"the picture has more than {MOST_PIXELS:,} pixels, or a side longer than {LARGEST_SIDE:,}",
            hint="cut it to the QR code",
        )
    try:
        return _flattened(picture)
    except Exception as error:  # noqa: BLE001 - as above
        raise _unreadable(error) from None


def _flattened(picture: Image.Image) -> Image.Image:
    """In grey, and on white where it is transparent."""
    picture.load()
    if picture.mode not in _MODES:
        msg = "an unusual mode"
        raise ValueError(msg)
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("L")
    return picture.convert("L")


def _unreadable(error: Exception) -> InputError:
    return InputError(
        f"the picture cannot be read: {type(error).__name__}", hint="give a whole PNG, JPEG, WebP or GIF file"
    )


def svg(text: str, *, title: str = "") -> str:
    """A QR code as an SVG element to stand in a page, black on white with its quiet zone.

    Args:
        text: What it holds.
        title: What a screen reader says of it.

    Raises:
        InputError: The text is empty or too long for a QR code that can be read from paper.
    """
    if not text or len(text.encode("utf-8", "replace")) > LONGEST_TEXT:
        raise InputError(f"a QR code holds 1 to {LONGEST_TEXT} bytes")
    made = segno.make(text, error="m", micro=False, encoding="utf-8")
    return made.svg_inline(scale=4, dark="#000", light="#fff", title=title or None)
