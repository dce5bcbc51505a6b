"""The world `breached`, judged once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.report.admins import principals

if TYPE_CHECKING:
    from rootwarden.report.admins.told import Told


@pytest.fixture(scope="session")
def breached() -> Told:
    return principals.breached()
