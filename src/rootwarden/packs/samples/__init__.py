"""Sample root events as data: reads the JSON files beside this module, and nothing else."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from rootwarden.detect.samples import read_samples

if TYPE_CHECKING:
    from rootwarden.detect.samples import Sample


@lru_cache(maxsize=1)
def root_samples() -> tuple[Sample, ...]:
    """The shipped samples, ordered by id."""
    folder = resources.files(__package__).joinpath("root-events")
    return read_samples(entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(".json"))
