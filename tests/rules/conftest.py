from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from rootwarden.packs.samples import SampleSets
from rootwarden.rules.schema import Schema

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1] / "src" / "rootwarden" / "packs" / "schema"


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The shipped entities and the ones that exist for tests only."""
    files = [*sorted(SHIPPED.glob("*.toml")), *sorted((HERE / "schema").glob("*.toml"))]
    sources = {file.stem: partial(file.read_text, encoding="utf-8") for file in files}
    return Schema(sources, sample_sets=SampleSets())
