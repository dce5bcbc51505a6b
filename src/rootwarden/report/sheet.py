"""What every HTML page shares: its style sheet, whose digest the page's policy names, and how templates are read."""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Final

import jinja2
from markupsafe import Markup

from rootwarden import __version__
from rootwarden.report import words

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST: Final = 400
_OWN: Final = "rootwarden.report"


def dressed(*sheets: tuple[str, str]) -> Mapping[str, object]:
    """What the head of a page takes: the style sheet, its digest, and our version.

    Args:
        sheets: Package and file of each style sheet that comes after the one all pages have.
    """
    style = _text(_OWN, "page.css") + "".join(_text(package, file) for package, file in sheets)
    return {
        "style": Markup(style),  # noqa: S704 - our own style sheet, from the package
        "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        "version": __version__,
    }


def templates(package: str) -> jinja2.Environment:
    """The templates of a package, with those all pages share behind them; everything placed in them is escaped."""
    packages = dict.fromkeys((package, _OWN))
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(each, "templates") for each in packages]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"visible": words.visible, "short": words.shorten, "instant": words.instant, "ticks": ticks}
    environment.globals |= {"several": words.several}
    return environment


def ticks(text: str) -> Markup:
    """`text`, made visible, with what stands between backticks set as code; everything in it is escaped."""
    parts = words.shorten(text, LONGEST).split("`")
    if len(parts) % 2 == 0:
        return Markup("{}").format("`".join(parts))
    odd = (Markup("<code>{}</code>") if number % 2 else Markup("{}") for number in range(len(parts)))
    return Markup("").join(form.format(part) for form, part in zip(odd, parts, strict=True))


@functools.cache
def _text(package: str, file: str) -> str:
    return (resources.files(package) / "templates" / file).read_text("utf-8")
