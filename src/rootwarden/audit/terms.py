"""How a run is judged."""

from __future__ import annotations

import msgspec

from rootwarden.audit.exceptions import PreparedException
from rootwarden.audit.overrides import Overrides
from rootwarden.audit.rulebook import Rulebook
from rootwarden.audit.settings import Settings
from rootwarden.rules.verdict import Severity


class Terms(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """How to judge.

    Attributes:
        rulebook: The rules.
        settings: Owners.
        overrides: Parameters chosen for some accounts, or `None`.
        exceptions: Accepted fails.
        fail_on: Severity from which a fail sets the exit code.
    """

    rulebook: Rulebook
    settings: Settings = Settings()
    overrides: Overrides | None = None
    exceptions: tuple[PreparedException, ...] = ()
    fail_on: Severity = Severity.HIGH
