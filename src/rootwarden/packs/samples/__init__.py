"""Sample events as data: reads the sets beside this module, each when it is first asked for, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from rootwarden.detect.sample_sets import SampleSet
    from rootwarden.detect.samples import Sample

_FILE = "set.toml"


class SampleSets(Mapping[str, "SampleSet"]):
    """The shipped sets by name, in order of name. Names cost a look into the folder, a set is read when it is taken."""

    def __getitem__(self, name: str) -> SampleSet:
        if name not in _names():
            raise KeyError(name)
        return _sample_set(name)

    def __contains__(self, name: object) -> bool:
        return name in _names()

    def __iter__(self) -> Iterator[str]:
        return iter(_names())

    def __len__(self) -> int:
        return len(_names())


def root_samples() -> tuple[Sample, ...]:
    """The events of root use, ordered by id."""
    return _sample_set("root-usage").samples


@cache
def _names() -> tuple[str, ...]:
    folders = (entry for entry in files(__name__).iterdir() if entry.is_dir())
    return tuple(sorted(folder.name for folder in folders if folder.joinpath(_FILE).is_file()))


@cache
def _sample_set(name: str) -> SampleSet:
    from rootwarden.detect.sample_sets import read_sample_set

    folder = files(__name__).joinpath(name)
    return read_sample_set(
        name,
        folder.joinpath(_FILE).read_text(encoding="utf-8"),
        events=[entry.read_bytes() for entry in _json_files(folder)],
        callers=_callers(),
    )


@cache
def _callers() -> dict[str, bytes]:
    folder = files(__name__).joinpath("callers")
    return {entry.name.removesuffix(".json"): entry.read_bytes() for entry in _json_files(folder)}


def _json_files(folder: Traversable) -> list[Traversable]:
    return [entry for entry in folder.iterdir() if entry.name.endswith(".json")]
