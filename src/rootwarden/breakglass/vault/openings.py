"""Openings that wait for shares: the one-time key of each is in memory only, and the log must know of it (O1 to O4)."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.custody import age, spelling
from rootwarden.breakglass.custody.nesting import made_by, read_envelope
from rootwarden.breakglass.custody.opening import Opening, progress, share_digest
from rootwarden.breakglass.custody.sealed import account_key_binding, unseal_key
from rootwarden.breakglass.vault import messages as said
from rootwarden.breakglass.vault.authority import Purpose
from rootwarden.breakglass.vault.resident import Held
from rootwarden.breakglass.vault.troubles import VaultError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.breakglass.custody.keys import Key
    from rootwarden.breakglass.custody.nesting import Envelope
    from rootwarden.breakglass.custody.opening import Progress
    from rootwarden.breakglass.vault.authority import Authority, OpeningGrant, SealedGroup
    from rootwarden.breakglass.vault.resident import Resident
    from rootwarden.breakglass.vault.state import StateFolder

LIVES: Final = 3600.0
MOST: Final = 16


class Waiting(msgspec.Struct, kw_only=True):
    """An opening at work.

    Attributes:
        opening: Who gave, and what is left.
        ephemeral: Its one-time key.
        account_keys: Blobs of the account keys it is for, by account.
        until: When it is over, by the vault's monotonic clock.
    """

    opening: Opening
    ephemeral: age.Identity
    account_keys: dict[str, bytes]
    until: float


class Openings:
    """All openings at work.

    Args:
        authority: The replayed log.
        folder: Where the vault's identity is read from when enough custodians gave.
        resident: Where opened keys go.
        monotonic: Seconds by a clock that only goes forward.
    """

    def __init__(
        self, authority: Authority, folder: StateFolder, resident: Resident, monotonic: Callable[[], float]
    ) -> None:
        self._authority = authority
        self._folder = folder
        self._resident = resident
        self._monotonic = monotonic
        self._waiting: dict[str, Waiting] = {}

    def begin(self, request: said.BeginOpening, now: datetime) -> said.Begun:
        """Make a one-time key.

        Raises:
            VaultError: The envelope is not the one in the log, or there are too many openings.
            CustodyError: The envelope is damaged.
            Refused: The log knows no such group and epoch.
        """
        self.drop_due()
        if request.opening in self._waiting or len(self._waiting) >= MOST:
            raise VaultError(f"opening `{request.opening}` has begun already, or {MOST} others have", step="O1")
        sealed = self._authority.sealed_group(request.group, request.epoch, now)
        if not hmac.compare_digest(spelling.digest(request.envelope), sealed.envelope):
            raise VaultError(f"the envelope of group `{request.group}` is not the one in the log", step="V3")
        envelope = read_envelope(request.envelope)
        _check_group(envelope, sealed)
        with self._folder.maker() as maker:
            # The entry that names it bears nobody's signature: only this tells it from one the broker made.
            if not made_by(envelope, maker):
                raise VaultError(f"the envelope of group `{request.group}` was not made by this vault", step="V3")
        ephemeral = age.Identity.fresh()
        self._waiting[request.opening] = Waiting(
            opening=Opening(envelope),
            ephemeral=ephemeral,
            account_keys=request.account_keys,
            until=self._monotonic() + LIVES,
        )
        fingerprint = age.fingerprint(ephemeral.recipient)
        return said.Begun(recipient=ephemeral.recipient, fingerprint=fingerprint, shown=age.in_groups(fingerprint))

    def layers(self, request: said.Layers) -> said.LayersToPeel:
        """What a custodian takes off.

        Raises:
            VaultError: There is no such opening.
            ShareError: It is not their turn.
        """
        waiting = self._look(request.opening)
        recipient = waiting.ephemeral.recipient
        return said.LayersToPeel(
            recipient=recipient,
            shown=age.in_groups(age.fingerprint(recipient)),
            layers=waiting.opening.for_custodian(request.custodian),
        )

    def take(self, request: said.GiveShare, now: datetime) -> said.Shared:
        """Take a share; the last one opens the keys.

        Raises:
            VaultError: There is no such opening, or the log has another fingerprint or another share.
            ShareError: The share is not what it should be; it names its giver.
            CustodyError: What it opens is not what the envelope says.
            Refused: The log does not know the opening, or it is over.
        """
        waiting = self._look(request.opening)
        grant = self._authority.opening(request.opening, now)
        self._check_logged(waiting, grant)
        logged = grant.shares.get(request.custodian, "")
        if not hmac.compare_digest(share_digest(request.results), logged):
            raise VaultError(f"the share of `{request.custodian}` is not the one in the log", step="V3")
        waiting.opening = waiting.opening.take(request.custodian, request.results, waiting.ephemeral)
        opened = waiting.opening.missing == 0
        if opened:
            try:
                self._open(request.opening, waiting, grant)
            finally:
                self.drop(request.opening)
        return said.Shared(progress=progress(waiting.opening), open=opened)

    def progress(self) -> dict[str, Progress]:
        """How far each is."""
        return {name: progress(waiting.opening) for name, waiting in self._waiting.items()}

    def drop(self, name: str) -> bool:
        """Forget an opening; whether there was one."""
        return self._waiting.pop(name, None) is not None

    def drop_all(self) -> int:
        """Forget all; how many there were."""
        number = len(self._waiting)
        self._waiting.clear()
        return number

    def drop_due(self) -> None:
        """Forget those that are over (O4)."""
        now = self._monotonic()
        for name in [name for name, waiting in self._waiting.items() if now >= waiting.until]:
            self.drop(name)

    def _look(self, name: str) -> Waiting:
        self.drop_due()
        waiting = self._waiting.get(name)
        if waiting is None:
            raise VaultError(
                f"opening `{name}` is not under way here",
                hint="it is over, or the vault started anew meanwhile: begin another one",
                step="O1",
            )
        return waiting

    def _check_logged(self, waiting: Waiting, grant: OpeningGrant) -> None:
        envelope = waiting.opening.envelope
        if (grant.group, grant.epoch) != (envelope.group, envelope.epoch):
            raise VaultError("the log has this opening for another group or epoch", step="O1")
        if not hmac.compare_digest(grant.fingerprint, age.fingerprint(waiting.ephemeral.recipient)):
            raise VaultError(
                "the log has another fingerprint of this opening",
                hint="custodians must not give: somebody put a key of their own in the place of the vault's",
                step="O1",
            )

    def _open(self, name: str, waiting: Waiting, grant: OpeningGrant) -> None:
        epoch_key = waiting.opening.key(self._folder.identity())
        account_keys: dict[str, Key] = {}
        try:
            for account in grant.accounts:
                account_keys[account] = _account_key(epoch_key, waiting, grant, account)
        except BaseException:
            for key in (*account_keys.values(), epoch_key):
                key.wipe()
            raise
        rewraps = grant.purpose is Purpose.REWRAP
        if not rewraps:
            epoch_key.wipe()
        self._resident.keep(
            name,
            Held(
                group=grant.group,
                epoch=grant.epoch,
                purpose=grant.purpose,
                account_keys=account_keys,
                epoch_key=epoch_key if rewraps else None,
                wrapped=waiting.account_keys if rewraps else {},
                until=self._resident.deadline(min(grant.seconds, LIVES)),
                uses=grant.uses,
                lease=grant.lease,
            ),
        )


def _account_key(epoch_key: Key, waiting: Waiting, grant: OpeningGrant, account: str) -> Key:
    blob = waiting.account_keys.get(account)
    if blob is None:
        raise VaultError(f"the key of account {account} was not given", hint="begin the opening with it")
    return unseal_key(epoch_key, blob, account_key_binding(group=grant.group, epoch=grant.epoch, account=account))


def _check_group(envelope: Envelope, sealed: SealedGroup) -> None:
    group = sealed.group
    theirs = (envelope.group, envelope.epoch, envelope.threshold, envelope.custodians)
    if theirs != (group.name, group.epoch, group.threshold, group.custodians):
        raise VaultError(f"the envelope of group `{group.name}` is not for the custodians in the log", step="V3")
