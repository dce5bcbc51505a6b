"""Content files: TOML of bounded size, every key known, mistakes named with what was probably meant."""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from rootwarden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T", bound=msgspec.Struct)

LARGEST_FILE: Final = 256 * 1024
_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# A TOML key of so many parts means nothing here, and the time to read it grows with their square.
_TOO_MANY_DOTS: Final = re.compile(
    r"""(?<![A-Za-z0-9_-])(?:(?:[A-Za-z0-9_$-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){64}"""
)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `([^`]*)`")
_LONGEST_SHOWN: Final = 60


class FileKind(msgspec.Struct, frozen=True):
    """What a file should be, for messages.

    Attributes:
        name: `detection`, `root-only task`, `playbook`.
        page: The page that lists its keys.
        parts: The types of its tables, for the keys that may be meant.
    """

    name: str
    page: str
    parts: tuple[type[msgspec.Struct], ...] = ()


def read_toml(text: str, kind: type[T], what: FileKind, *, file: str = "") -> T:
    """Read one file.

    Args:
        text: Its content.
        kind: The type of the whole file.
        what: What it should be.
        file: Its name, for messages.

    Raises:
        InputError: It is too large, no TOML, has a key nobody knows, or lacks one.
    """
    if len(text.encode("utf-8", errors="replace")) > LARGEST_FILE:
        raise refused(f"it is larger than {LARGEST_FILE // 1024} KiB", what, file)
    if _TOO_MANY_DOTS.search(text):
        raise refused("a key in it has too many parts", what, file)
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError, ValueError) as error:
        raise refused(_plain(error, (kind, *what.parts)), what, file) from None


def refused(complaint: str, what: FileKind, file: str) -> InputError:
    """The one error of a file that is not what it should be."""
    shown = in_backticks(file, longest=400) if file else "the file"
    article = "an" if what.name[:1] in "aeiou" else "a"
    return InputError(f"{shown} is not {article} {what.name}: {complaint}", hint=f"{what.page} lists every key")


def is_id(text: str) -> bool:
    """Whether a text is lower-case words joined by `-`."""
    return _ID.fullmatch(text) is not None


def in_backticks(text: str, *, longest: int = _LONGEST_SHOWN) -> str:
    """The user's words in backticks: one printable line of bounded length."""
    short = text if len(text) <= longest else text[: longest - 1] + "…"
    return "`" + "".join(letter if letter.isprintable() else "�" for letter in short) + "`"


def meant(word: str, candidates: Iterable[str]) -> str:
    """`; did you mean …?` with the nearest candidate, or nothing when none is near."""
    near = get_close_matches(word.lower(), sorted(set(candidates)), n=1, cutoff=0.7)
    return f"; did you mean `{near[0]}`?" if near else ""


def _plain(error: Exception, kinds: Iterable[type[msgspec.Struct]]) -> str:
    """A library's message in the voice of ours: one line, lower case, with the key that was probably meant."""
    words = " ".join(str(error).split())
    unknown = _UNKNOWN.search(words)
    keys = (field.encode_name for kind in kinds for field in msgspec.structs.fields(kind))
    hint = meant(unknown[1], keys) if unknown else ""
    words = re.sub(r" - at `\$\.?([^`]*)`", lambda found: f", at `{found.group(1)}`" if found.group(1) else "", words)
    words = words.replace("Object contains unknown field", "unknown key")
    words = words.replace("Object missing required field", "missing key")
    shown = "".join(letter if letter.isprintable() else "�" for letter in words[:400])
    return shown[:1].lower() + shown[1:] + hint
