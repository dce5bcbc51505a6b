"""This package as a zip for executors: they run the scanner of the driver, whatever version they may have."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Final
from zipfile import ZIP_DEFLATED, ZipFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

_NAME: Final = "rootwarden"


def write_package(folder: Path) -> Path:
    """Write `rootwarden.zip`: the code, without the content of packs, which only the driver reads.

    Args:
        folder: Where to.

    Returns:
        Its path.
    """
    path = folder / f"{_NAME}.zip"
    with ZipFile(path, "w", compression=ZIP_DEFLATED) as file:
        for name, source in sorted(_sources(resources.files(_NAME), _NAME), key=lambda each: each[0]):
            file.writestr(name, source.read_bytes())
    return path


def _sources(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        inside = f"{name}/{each.name}"
        if each.is_dir():
            yield from _sources(each, inside)
        elif each.name.endswith(".py"):
            yield inside, each
