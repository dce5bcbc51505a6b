"""Custodians at work: who is asked for what, how their shares come to the vault, and what happens when one does not.

A share is kept, as it was handed in, until the vault has it: it is encrypted to the one-time key of its opening. So a
vault or a sink that is away for a while loses nothing; what is lost all the same is said in the log, and given again.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.breakglass.broker.asking import Asking
from rootwarden.breakglass.broker.drafting import kept_under, name_of
from rootwarden.breakglass.core import custody as steps
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.core.settings import OPENING_LIVES
from rootwarden.breakglass.core.step import precheck
from rootwarden.breakglass.custody.sealed import read_sealed
from rootwarden.breakglass.vault import messages as vault_says
from rootwarden.breakglass.vault.client import RefusedByVault
from rootwarden.breakglass.vault.resident import warm_name
from rootwarden.breakglass.vault.troubles import VaultError
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from rootwarden.breakglass.core.request import Request
    from rootwarden.breakglass.core.state import Custody, Lease, Opening, State


class Custodians(Asking):
    """Has groups sealed and opened; what it takes is what `Asking` takes."""

    def __init__(self, *behind: Any) -> None:
        super().__init__(*behind)
        self._handing = threading.RLock()
        # By opening: whose shares are settled, as far as this instance knows.
        self._settled: dict[str, set[str]] = {}

    def seal_epoch(self, group: str) -> None:
        """Have the vault make the first envelope of a group two administrators decided on.

        Raises:
            Refused: No envelope is to be made.
            VaultError: The vault said no.
        """
        state = self._broker.state()
        if group not in state.groups:
            raise Refused("O2", f"there is no custody group `{group}`")
        epoch = state.groups[group].group.epoch
        sealed = self._ask(vault_says.SealEpoch(group=group, epoch=epoch), vault_says.SealedEpoch)
        self._keep_epoch(group, epoch, sealed)

    def begin_opening(self, lease_id: str, *, password: bool = False, actor: str = log.SYSTEM) -> str:
        """Ask custodians for the record a lease needs.

        Args:
            lease_id: The lease.
            password: Whether it needs the password, and not a seed.
            actor: Who asks again; the system when the lease begins.

        Returns:
            The id of the opening.

        Raises:
            Refused: The lease needs no opening, or is not open.
            VaultError: The vault said no.
        """
        state = self._broker.state()
        lease = state.lease(lease_id)
        custody = _custody_of(state, lease.request.account, steps.PASSWORD if password else steps.SEED)
        return self._open(custody, steps.LEASE, lease_id, (lease.request.account,), actor)

    def begin_rewrap(self, group: str, *, actor: str = log.SYSTEM) -> str:
        """Ask custodians of the epoch before to open it, so that its keys are wrapped anew.

        Returns:
            The id of the opening.
        """
        custody = self._broker.state().groups.get(group)
        if custody is None or custody.before is None:
            raise Refused("O1", "no change of custody asks for this opening")
        before = custody.before
        return self._open(before, steps.REWRAP, group, before.group.accounts, actor)

    def ask_again(self, person: str, lease_id: str) -> tuple[str, ...]:
        """Ask custodians again: for the next code of a lease, or when what they gave came to nothing (O5).

        Args:
            person: Who asks: whoever has the lease.
            lease_id: The lease.

        Returns:
            The ids of the openings that began.

        Raises:
            Refused: It is another's, or nothing is lost: custodians are at work, or what they opened is still there.
            VaultError: The vault said no.
        """
        lease = self._broker.state().lease(lease_id)
        begun, why = list[str](), Refused("O5", "nothing of this lease is kept by custodians")
        for holds in sorted(steps.opened_for(lease.request)):
            try:
                self._check_none_left(lease, holds)
                begun.append(self.begin_opening(lease_id, password=holds == steps.PASSWORD, actor=person))
            except Refused as error:
                why = error
        if not begun:
            raise why
        return tuple(begun)

    def ask_group_again(self, person: str, group: str) -> str:
        """Ask custodians again to open the epoch before, so that the group goes to its next one.

        Args:
            person: Who asks: an administrator.
            group: The custody group.

        Returns:
            The id of the opening; of the one before, when the vault still has the keys and could go on with them.

        Raises:
            Refused: Nobody waits for it, or custodians are at work.
            VaultError: The vault said no.
        """
        of_it = [one for one in self._broker.state().openings.values() if one.reference == group]
        for one in of_it:
            if not one.outcome and self._is_at_work(one):
                raise Refused("O5", f"custodians are at work: `{one.id}`", hint=_WHO_IS_NEEDED)
        if of_it and of_it[-1].outcome == steps.OPENED and of_it[-1].id in self._stands().open:
            self._rewrap(group, of_it[-1].id)
            return of_it[-1].id
        return self.begin_rewrap(group, actor=person)

    def layers(self, opening: str, custodian: str) -> vault_says.LayersToPeel:
        """What a custodian takes off."""
        return self._ask(vault_says.Layers(opening=opening, custodian=custodian), vault_says.LayersToPeel)

    def give_share(self, entry: log.ShareGiven, peeled: list[bytes]) -> bool:
        """Hand in what a custodian peeled, once their signature is in the log.

        Returns:
            Whether enough have given now, and the keys are open.

        Raises:
            VaultError: The vault said no; a share that is wrong names its giver, who may give again.
        """
        with self._handing:
            return self._hand(entry.opening, entry.actor, peeled)

    def hand_in(self, name: str) -> bool:
        """Hand in again what was given to an opening and is not in the vault.

        Returns:
            Whether enough have given now, and the keys are open.

        Raises:
            Refused: The opening is over: the vault started anew meanwhile, and its one-time key is gone (O1).
            VaultError: The vault said no.
        """
        with self._handing:
            opening = self._broker.state().openings.get(name)
            if opening is None:
                raise Refused("O1", f"there is no opening `{name}`")
            if opening.outcome == steps.OPENED:
                return True
            stands = self._stands()
            if name in stands.open:
                self._opened_now(name)
                return True
            under_way = stands.openings.get(name)
            if opening.outcome or under_way is None:
                self._end_lost(opening)
                raise Refused("O1", f"the vault does not know the opening `{name}` any more", hint=_ASK_AGAIN)
            return self._hand_in_all(opening, under_way.gave)

    def retry(self) -> None:
        """Hand in what could not be handed in when it was given; nothing when nobody waits for that.

        Raises:
            RootwardenError: It still cannot be.
        """
        for name, opening in list(self._broker.state().openings.items()):
            if opening.outcome or set(opening.shares) <= self._settled.get(name, set()):
                continue
            with self._handing:
                under_way = self._stands().openings.get(name)
                if under_way is not None:
                    self._hand_in_all(opening, under_way.gave)
                # Of another vault's opening nothing is said here: who has the lease may ask again.
                self._settled.setdefault(name, set()).update(opening.shares)

    def check_keys(self, lease_id: str, holds: str) -> None:
        """Whether the vault has what custodians opened for a lease, before somebody signs for it (O1).

        Raises:
            Refused: It has not: its time is over, or the vault started anew.
            VaultError: The vault does not answer.
        """
        opened = steps.newest_opened(self._broker.state(), lease_id, holds)
        if opened is None or opened.id not in self._stands().open:
            told = "the vault does not have what the custodians opened"
            require(holds == steps.SEED and self.is_warm(lease_id), "O1", told, hint=_ASK_AGAIN)

    def _hand_in_all(self, opening: Opening, gave: list[str]) -> bool:
        is_open = False
        for who in list(opening.shares):
            if who in gave:
                continue
            kept = self._broker.keeper.draft(kept_under(opening.id, who), self._broker.now())
            if kept is None:
                self._refuse_share(opening.id, who, "it was lost on its way to the vault")
            else:
                peeled = msgspec.json.decode(kept, type=list[str])
                is_open = self._hand(opening.id, who, [base64.b64decode(one) for one in peeled])
        return is_open

    def _hand(self, name: str, who: str, peeled: list[bytes]) -> bool:
        try:
            shared = self._ask(vault_says.GiveShare(opening=name, custodian=who, results=peeled), vault_says.Shared)
        except RefusedByVault as error:
            if error.custodian != who or self._has_taken(name, who):
                raise
            self._refuse_share(name, who, error.message)
            raise
        self._settled.setdefault(name, set()).add(who)
        with suppress(RootwardenError):
            self._broker.keeper.burn_draft(kept_under(name, who))
        if shared.open:
            self._opened_now(name)
        return shared.open

    def _has_taken(self, name: str, who: str) -> bool:
        stands = self._stands()
        under_way = stands.openings.get(name)
        return name in stands.open or (under_way is not None and who in under_way.gave)

    def _refuse_share(self, name: str, who: str, reason: str) -> None:
        self._broker.say(self._system(log.ShareRefused, opening=name, custodian=who, reason=reason))

    def _opened_now(self, name: str) -> None:
        """The vault has the keys: the log says so, and a group that waits for it goes to its next epoch."""
        self._broker.say(self._system(log.OpeningEnded, opening=name, outcome=steps.OPENED))
        opening = self._broker.state().openings[name]
        if opening.purpose == steps.REWRAP:
            self._rewrap(opening.group, name)
        else:
            self._keep_warm(opening)

    def _keep_warm(self, opening: Opening) -> None:
        """The key of a warm account stays as long as its waiver says."""
        state = self._broker.state()
        request, holds = state.lease(opening.reference).request, state.groups[opening.group].group.holds
        if self._serves_warm(request, holds):
            self._ask(vault_says.KeepWarm(opening=opening.id, account=request.account), vault_says.Warm)

    def is_warm(self, lease_id: str) -> bool:
        """Whether the vault has the key of a warm account, so that codes of a lease need no custodians.

        Raises:
            VaultError: The vault does not answer.
        """
        state = self._broker.state()
        request = state.lease(lease_id).request
        if not self._serves_warm(request, steps.SEED):
            return False
        group = _custody_of(state, request.account, steps.SEED).group.id
        return warm_name(group, request.account) in self._stands().open

    def _serves_warm(self, request: Request, holds: str) -> bool:
        minutes = self._broker.state().warm_minutes(request.account, self._broker.now())
        return bool(minutes) and (request.purpose, holds) == (Purpose.VISIT, steps.SEED)

    def _check_none_left(self, lease: Lease, holds: str) -> None:
        """Nobody is asked again for what is there: end what came to nothing first."""
        for one in list(self._broker.state().openings.values()):
            group = self._broker.state().groups[one.group].group
            if one.outcome or (one.reference, group.holds) != (lease.id, holds):
                continue
            require(not self._is_at_work(one), "O5", f"custodians are at work: `{one.id}`", hint=_WHO_IS_NEEDED)
        is_warm = holds == steps.SEED and self.is_warm(lease.id)
        require(not is_warm, "O5", "the account is warm: the vault has its key", hint="get the code")
        state = self._broker.state()
        opened = steps.newest_opened(state, lease.id, holds)
        left = steps.still_opens(state, lease, holds, self._broker.now())
        if left and opened is not None and opened.id in self._stands().open:
            raise Refused("O5", "what the custodians opened is still there", hint="take what it was opened for")

    def _is_at_work(self, opening: Opening) -> bool:
        """Whether an opening may still come to something; one that cannot is ended."""
        if self._broker.now() >= opening.at + OPENING_LIVES:
            self._end_lost(opening)
            return False
        try:
            return not self.hand_in(opening.id)
        except Refused:
            return False

    def _end_lost(self, opening: Opening) -> None:
        if opening.outcome:
            return
        is_over = self._broker.now() >= opening.at + OPENING_LIVES
        outcome, reason = ("expired", "too few gave a share") if is_over else ("failed", _GONE)
        self._broker.say(self._system(log.OpeningEnded, opening=opening.id, outcome=outcome, reason=reason))

    def _stands(self) -> vault_says.Stands:
        """What the vault has in memory; that needs no head, and so no sink."""
        answered = self._vault.ask(vault_says.Status())
        answered.secret.wipe()
        if not isinstance(answered.answer, vault_says.Stands):
            raise VaultError(f"the vault answered `{type(answered.answer).__name__}`, not how it stands")
        return answered.answer

    def _open(self, custody: Custody, purpose: str, reference: str, accounts: tuple[str, ...], actor: str) -> str:
        group, name = custody.group, name_of(self._broker.random, "opening")
        entry = log.OpeningBegun(
            at=self._broker.now(),
            actor=actor,
            opening=name,
            group=group.id,
            epoch=group.epoch,
            purpose=purpose,
            reference=reference,
            fingerprint=_TO_COME,
        )
        # The vault is not bothered for what the log does not take.
        precheck(self._broker.state(), entry)
        keys = {account: self._blob(custody.account_keys[account]) for account in accounts}
        ask = vault_says.BeginOpening(
            opening=name, group=group.id, epoch=group.epoch, envelope=self._blob(custody.digest), account_keys=keys
        )
        begun = self._ask(ask, vault_says.Begun)
        self._broker.say(msgspec.structs.replace(entry, at=self._broker.now(), fingerprint=begun.fingerprint))
        return name

    def _rewrap(self, group: str, opening: str) -> None:
        state = self._broker.state()
        records = [self._blob(record.digest) for _, _, record in steps.records_of(state, group)]
        sealed = self._ask(vault_says.Rewrap(opening=opening, records=records), vault_says.SealedEpoch)
        self._keep_epoch(group, state.groups[group].group.epoch, sealed)

    def _keep_epoch(self, group: str, epoch: int, sealed: vault_says.SealedEpoch) -> None:
        keeper, state = self._broker.keeper, self._broker.state()
        keeper.put_blob(sealed.digest, sealed.envelope)
        wrapped: list[log.WrappedKey] = []
        for account, key in sorted(sealed.account_keys.items()):
            digest = hashlib.sha256(key).hexdigest()
            keeper.put_blob(digest, key)
            wrapped.append(log.WrappedKey(account=account, digest=digest))
        rewrapped: list[log.Resealed] = []
        for (account, device, _), blob in zip(steps.records_of(state, group), sealed.records, strict=True):
            digest = hashlib.sha256(blob).hexdigest()
            keeper.put_blob(digest, blob)
            version = read_sealed(blob).version
            rewrapped.append(log.Resealed(account=account, device=device, version=version, digest=digest))
        self._broker.say(
            self._system(
                log.EpochSealed,
                group=group,
                epoch=epoch,
                digest=sealed.digest,
                account_keys=tuple(wrapped),
                records=tuple(rewrapped),
            )
        )


def _custody_of(state: State, account: str, holds: str) -> Custody:
    for custody in state.groups.values():
        if account in custody.group.accounts and custody.group.holds == holds and custody.digest:
            return custody
    raise Refused("O2", f"no sealed custody group holds a {holds} of account `{account}`")


_TO_COME: Final = "0" * 64
_GONE: Final = "the vault does not know it any more: it started anew"
_ASK_AGAIN: Final = "whoever has the lease asks the custodians again"
_WHO_IS_NEEDED: Final = "its page, and `rootwarden breakglass openings`, say who is still needed"
