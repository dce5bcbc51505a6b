from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.attachment.changing import central_root_evidence

from rootwarden.attachment.present import present_in
from rootwarden.collect.folder import EvidenceFolder

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.attachment.present import Present


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The evidence of eight accounts, not to be changed."""
    return central_root_evidence(tmp_path_factory.mktemp("evidence") / "e")


@pytest.fixture(scope="session")
def present(folder: Path) -> Present:
    """What stands in that evidence."""
    return present_in(EvidenceFolder(folder))
