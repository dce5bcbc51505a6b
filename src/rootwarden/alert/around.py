"""What is known around a finding: the account's name, who holds the lease, what to do first."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from rootwarden.alert.content.subject import Around
from rootwarden.alert.store.documents import VISIT
from rootwarden.detect.visits.incident import Incident
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from rootwarden.alert.reading import Finding
    from rootwarden.alert.settings import Settings

MOST_BYTES: Final = 50_000_000


class First(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do first, where it fits; empty `shapes` and `accounts` fit all.

    Attributes:
        kind: `visit`, or a concern's.
        shapes: Letters of visits.
        accounts: `management` or `other`.
        steps: Three of them.
    """

    kind: str
    shapes: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    steps: Annotated[tuple[str, ...], msgspec.Meta(min_length=3, max_length=3)]


class _Firsts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    first: tuple[First, ...]


class _Lease(msgspec.Struct, frozen=True):
    """The part of a check-out that a message names; its signature was judged by detection."""

    lease: str
    person: str = ""
    task: str = ""


class Surroundings:
    """Answers for one run of a deliverer.

    Args:
        settings: Account names, the management account, the file of check-outs.

    Raises:
        InputError: When the file of check-outs cannot be read.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._leases = _leases(settings.checkouts) if settings.checkouts else {}

    def of(self, finding: Finding) -> Around:
        """What is known around a finding. A person is named only where detection trusts the lease."""
        lease = self._leases.get(finding.lease) if isinstance(finding, Incident) and finding.lease else None
        management = finding.account == self._settings.management if self._settings.management else None
        return Around(
            account_name=self._settings.accounts.get(finding.account, ""),
            management=management,
            person=lease.person if lease is not None else "",
            task=lease.task if lease is not None else "",
            actions=first_actions(finding, management=bool(management)),
        )


def first_actions(finding: Finding, *, management: bool) -> tuple[str, ...]:
    """The first three steps."""
    kind = VISIT if isinstance(finding, Incident) else finding.kind.value
    shape = finding.shape.value if isinstance(finding, Incident) else ""
    account = "management" if management else "other"
    for each in firsts():
        fits = each.kind == kind and (not each.shapes or shape in each.shapes)
        if fits and (not each.accounts or account in each.accounts):
            return each.steps
    return ()


@cache
def firsts() -> tuple[First, ...]:
    """The shipped first steps, the first that fits counts."""
    text = files("rootwarden.packs").joinpath("first-actions", "first-actions.toml").read_bytes()
    return msgspec.toml.decode(text, type=_Firsts).first


def _leases(path: str) -> dict[str, _Lease]:
    try:
        with Path(path).open("rb") as opened:
            content = opened.read(MOST_BYTES)
    except OSError as error:
        raise InputError(
            f"the check-outs `{path}` cannot be read", hint="leave `checkouts` out without a file"
        ) from error
    found: dict[str, _Lease] = {}
    for line in content.split(b"\n"):
        try:
            lease = msgspec.json.decode(line, type=_Lease)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        found[lease.lease] = lease
    return found
