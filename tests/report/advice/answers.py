"""Answers to tell: one of a small organization, and the same with texts somebody wrote to do harm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from tests.audit.advised import account, advised, organization

from rootwarden.facts.fact import Known

if TYPE_CHECKING:
    from rootwarden.audit.advising import Advised

HARM: Final = "\x1b[31m<script>alert(1)</script>\u202e|`"
_TOLD: Final = (
    "central-root-management",
    "guardduty",
    "member-root-credentials-removed",
    "root-sessions",
    "root-usage-alarm",
    "trail-everywhere",
)
_SCENARIOS: Final = ("bucket-locked", "mailbox-taken-over", "support-talked-round")


def small() -> Advised:
    """A management account and two members, six pieces of advice and three scenarios of it."""
    whole = organization(
        trusted_access=Known(True), root_credentials_management=Known(True), root_sessions=Known(False)
    )
    found = advised(account(1, credentials=Known(True)), account(2), whole=whole)
    return replace(
        found,
        standings=tuple(one for one in found.standings if one.advice in _TOLD),
        placed=tuple(one for one in found.placed if one.advice in _TOLD),
        today=tuple(one for one in found.today if one.scenario in _SCENARIOS),
        skipped=(("333333333333", "SUSPENDED"),),
    )


def hostile() -> Advised:
    """The same, told by somebody who chose the names."""
    found = small()
    return replace(
        found,
        source=HARM,
        standings=tuple(replace(one, said=HARM) for one in found.standings),
        skipped=((HARM, HARM),),
        warnings=(HARM,),
    )
