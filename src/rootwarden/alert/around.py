"""What is known around a finding: the account's name, who holds the lease, what to do first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden import packs
from rootwarden.alert.content.subject import Around
from rootwarden.detect.visits.detection import Accounts
from rootwarden.detect.visits.incident import Incident
from rootwarden.detect.visits.next_actions import Playbooks
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from rootwarden.alert.reading import Finding
    from rootwarden.alert.settings import Settings

MOST_BYTES: Final = 50_000_000


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
        self._playbooks = Playbooks(packs.playbooks(), packs.detections())

    def of(self, finding: Finding) -> Around:
        """What is known around a finding. A person is named only where detection trusts the lease."""
        lease = self._leases.get(finding.lease) if isinstance(finding, Incident) and finding.lease else None
        management = finding.account == self._settings.management if self._settings.management else None
        # One that is not the management account may be a member, or on its own.
        account = Accounts.MANAGEMENT if management else Accounts.ANY
        return Around(
            account_name=self._settings.accounts.get(finding.account, ""),
            management=management,
            person=lease.person if lease is not None else "",
            task=lease.task if lease is not None else "",
            actions=self._playbooks.actions(finding, account),
        )


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
