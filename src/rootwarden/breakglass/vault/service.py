"""The vault: what each request does, in the order in which it must be done.

Every request first brings the log up to date, and does nothing on an old one. Then the log is asked whether it allows
it, the digest of what was given is held against the log, the step is written into the vault's own ledger, and only then
a child opens the secret.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.breakglass.codes.step import window_of
from rootwarden.breakglass.custody import spelling
from rootwarden.breakglass.vault import messages as said
from rootwarden.breakglass.vault import work
from rootwarden.breakglass.vault.authority import Purpose
from rootwarden.breakglass.vault.child import in_child
from rootwarden.breakglass.vault.nonces import Nonces
from rootwarden.breakglass.vault.openings import Openings
from rootwarden.breakglass.vault.resident import Held, Resident, Warm
from rootwarden.breakglass.vault.troubles import VaultError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.breakglass.custody.keys import Key, Secret
    from rootwarden.breakglass.custody.sealed import Binding
    from rootwarden.breakglass.vault.authority import Authority, RecordGrant, StepLedger
    from rootwarden.breakglass.vault.child import Result
    from rootwarden.breakglass.vault.following import Follower
    from rootwarden.breakglass.vault.state import StateFolder

EXPORT_WAITS: Final = 3600.0
MOST_EXPORTS: Final = 4
# A code may be computed so long before its step begins: its recipient signed for the next one.
_EARLY: Final = timedelta(seconds=30)
_ENROLMENT_STEPS: Final = 2
Reply = tuple[said.Answer | bytes, "Secret | None"]


class Vault:
    """All that is in memory, and what may be done with it.

    Args:
        authority: The replayed log.
        follower: What brings it up to date.
        folder: The vault's own folder.
        ledger: The steps that were released.
        clock: The time, when it can be trusted; raises otherwise (V5).
        monotonic: Seconds by a clock that only goes forward.
        hardening: What protects the process, for the status.
        nonces: Gives out what a witness is to sign.
    """

    def __init__(
        self,
        *,
        authority: Authority,
        follower: Follower,
        folder: StateFolder,
        ledger: StepLedger,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        hardening: said.Hardening,
        nonces: Nonces | None = None,
    ) -> None:
        self._nonces = nonces or Nonces(monotonic)
        self._authority = authority
        self._follower = follower
        self._folder = folder
        self._ledger = ledger
        self._clock = clock
        self._hardening = hardening
        self._recipient = folder.identity().recipient
        self._resident = Resident(monotonic)
        self._openings = Openings(authority, folder, self._resident, monotonic)
        self._monotonic = monotonic
        # Exports that wait for their digest to stand in the log: body and deadline, by lease.
        self._exports: dict[str, tuple[bytes, float]] = {}
        self._does: dict[type[said.Request], Callable[[Any, Secret], Reply]] = {
            said.Status: self._status,
            said.Advance: self._advance,
            said.Hear: self._hear,
            said.SealEpoch: self._seal_epoch,
            said.BeginOpening: self._begin_opening,
            said.Layers: self._layers,
            said.GiveShare: self._give_share,
            said.SealRecord: self._seal_record,
            said.EnrolmentCodes: self._enrolment_codes,
            said.ReleaseCode: self._release_code,
            said.ReleasePassword: self._release_password,
            said.MakeExport: self._make_export,
            said.ReleaseExport: self._release_export,
            said.Rewrap: self._rewrap,
            said.KeepWarm: self._keep_warm,
            said.Forget: self._forget,
        }

    def handle(self, request: said.Request, secret: Secret) -> Reply:
        """Do what is asked.

        Args:
            request: The request.
            secret: What came beside it; it is wiped by who called.

        Returns:
            The answer, or its JSON, and what goes beside it.

        Raises:
            RootwardenError: The vault, or the log, says no.
        """
        if request.log is not None:
            self._follower.take(request.log)
        if not isinstance(request, said.Status | said.Advance | said.Hear | said.Forget):
            self._follower.check_newest()
        return self._does[type(request)](request, secret)

    def tidy(self) -> None:
        """Wipe what is over; called often, also while nothing is asked."""
        self._resident.drop_due()
        self._openings.drop_due()
        now = self._monotonic()
        self._exports = {lease: kept for lease, kept in self._exports.items() if now < kept[1]}

    def wipe(self) -> None:
        """Wipe everything; for the end."""
        self._resident.drop_all()
        self._openings.drop_all()

    # --- how it stands

    def _status(self, _request: said.Status, _secret: Secret) -> Reply:
        self.tidy()
        return self._stands(), None

    def _stands(self) -> said.Stands:
        return said.Stands(
            size=self._follower.size,
            trusted=self._follower.trusted,
            recipient=self._recipient,
            openings=self._openings.progress(),
            open=self._resident.seconds_left(),
            hardening=self._hardening,
            nonce=self._nonces.fresh(),
        )

    def _advance(self, _request: said.Advance, _secret: Secret) -> Reply:
        return said.Advanced(size=self._follower.size), None

    def _hear(self, request: said.Hear, _secret: Secret) -> Reply:
        self._follower.hear(request.since, request.entries)
        return said.Advanced(size=self._follower.size), None

    def _forget(self, request: said.Forget, _secret: Secret) -> Reply:
        if not request.opening:
            return said.Forgotten(number=self._resident.drop_all() + self._openings.drop_all()), None
        dropped = self._resident.drop(request.opening), self._openings.drop(request.opening)
        return said.Forgotten(number=int(any(dropped))), None

    # --- custody

    def _seal_epoch(self, request: said.SealEpoch, _secret: Secret) -> Reply:
        group = self._authority.founding(request.group, request.epoch, self._clock())
        with self._folder.maker() as maker:
            return self._in_child(partial(work.seal_epoch, group, [self._recipient], maker))

    def _begin_opening(self, request: said.BeginOpening, _secret: Secret) -> Reply:
        return self._openings.begin(request, self._clock()), None

    def _layers(self, request: said.Layers, _secret: Secret) -> Reply:
        return self._openings.layers(request), None

    def _give_share(self, request: said.GiveShare, _secret: Secret) -> Reply:
        return self._openings.take(request, self._clock()), None

    def _rewrap(self, request: said.Rewrap, _secret: Secret) -> Reply:
        held = self._resident.look(request.opening)
        if held.purpose is not Purpose.REWRAP or held.epoch_key is None:
            raise VaultError(f"opening `{request.opening}` is not for a new epoch", step="O1")
        grant = self._authority.rewrap(held.group, self._clock())
        if len(grant.records) != len(request.records):
            raise VaultError(f"the log has {len(grant.records)} records of this group", step="V3")
        for record, blob in zip(grant.records, request.records, strict=True):
            _check_digest(blob, record.digest, str(record.binding))
        with self._folder.maker() as maker:
            found = (held.epoch_key, held.wrapped, request.records, grant.group, [self._recipient])
            reply = self._in_child(partial(work.rewrap, *found, maker=maker), needs=request.opening)
        self._resident.drop(request.opening)
        return reply

    def _keep_warm(self, request: said.KeepWarm, _secret: Secret) -> Reply:
        held = self._resident.look(request.opening)
        if held.purpose is Purpose.REWRAP:
            raise VaultError("what was opened for a new epoch serves nothing else", step="O1")
        seconds = self._authority.warm_seconds(request.account, self._clock())
        if seconds <= 0:
            raise VaultError(f"account {request.account} is cold", hint="staying warm needs a waiver in the log")
        key = held.account_key(request.account)
        self._resident.keep(
            Warm(held.group, request.account),
            Held(
                group=held.group,
                epoch=held.epoch,
                purpose=None,
                account_keys={request.account: key.copied()},
                until=self._resident.deadline(seconds),
                uses=None,
            ),
        )
        self._resident.drop(request.opening)
        return said.Warm(seconds=seconds), None

    # --- enrolment

    def _seal_record(self, request: said.SealRecord, secret: Secret) -> Reply:
        binding = self._authority.sealing(lease=request.lease, device=request.device, now=self._clock())
        key = self._key(request.opening, binding, request.lease)
        reply = self._in_child(
            partial(work.seal_material, key, binding, secret, request.material), needs=request.opening
        )
        self._resident.used(request.opening)
        return reply

    def _enrolment_codes(self, request: said.EnrolmentCodes, _secret: Secret) -> Reply:
        grant = self._authority.enrolment(
            lease=request.lease, device=request.device, step=request.step, now=self._clock()
        )
        return self._codes(request, grant, range(request.step, request.step + _ENROLMENT_STEPS))

    # --- releases

    def _release_code(self, request: said.ReleaseCode, _secret: Secret) -> Reply:
        grant = self._authority.code(lease=request.lease, device=request.device, step=request.step, now=self._clock())
        return self._codes(request, grant, range(request.step, request.step + 1))

    def _codes(self, request: said.ReleaseCode | said.EnrolmentCodes, grant: RecordGrant, steps: range) -> Reply:
        _check_digest(request.record, grant.digest, str(grant.binding))
        name = self._name_of(request.opening, grant.binding)
        key = self._key(name, grant.binding, request.lease)
        now = self._clock()
        begins, ends = window_of(steps[0]).valid_from, window_of(steps[-1]).valid_until
        if not begins - _EARLY <= now < ends:
            raise VaultError(f"step {steps[0]} is not the present one or the next", step="V5")
        self._resident.check_code(name, steps[0])
        for step in steps:
            self._ledger.record(f"{grant.binding.account}/{request.device}", step, request.lease)
        found = in_child(
            partial(work.make_codes, key, grant.binding, request.record, steps), first=partial(self._only, name)
        )
        now = self._clock()
        self._resident.gave_code(name, steps[0], seconds=max(0.0, (ends - now).total_seconds()))
        answer = said.Code(
            step=steps[0],
            valid_from=begins,
            valid_until=ends,
            seconds_left=max(0, int((ends - now).total_seconds())),
            server_time=now.replace(microsecond=0),
        )
        return answer, found.secret

    def _release_password(self, request: said.ReleasePassword, _secret: Secret) -> Reply:
        grant = self._authority.password(lease=request.lease, now=self._clock())
        _check_digest(request.record, grant.record.digest, str(grant.record.binding))
        name = self._name_of(request.opening, grant.record.binding)
        key = self._key(name, grant.record.binding, request.lease)
        reply = self._in_child(
            partial(work.open_password, key, grant.record.binding, request.record, grant.recipient), needs=name
        )
        self._resident.used(name)
        return reply

    # --- exports

    def _make_export(self, request: said.MakeExport, _secret: Secret) -> Reply:
        now = self._clock()
        grant = self._authority.export(lease=request.lease, now=now)
        if len(grant.records) != len(request.records):
            raise VaultError(f"the log has {len(grant.records)} records for this export", step="V3")
        for record, blob in zip(grant.records, request.records, strict=True):
            _check_digest(blob, record.digest, str(record.binding))
        if len(self._exports) >= MOST_EXPORTS and request.lease not in self._exports:
            raise VaultError(f"{MOST_EXPORTS} exports wait already")
        keys = [self._key(request.opening, record.binding, request.lease) for record in grant.records]
        found = in_child(
            partial(work.make_export, keys, request.records, grant, now), first=partial(self._only, request.opening)
        )
        self._resident.used(request.opening)
        self._exports[request.lease] = found.message, self._monotonic() + EXPORT_WAITS
        return said.MadeExport(digest=spelling.digest(found.message)), None

    def _release_export(self, request: said.ReleaseExport, _secret: Secret) -> Reply:
        self.tidy()
        body, _ = self._exports.get(request.lease, (b"", 0.0))
        if not body:
            raise VaultError(f"there is no export of lease `{request.lease}` here", hint="make it first")
        self._authority.exported(lease=request.lease, digest=spelling.digest(body), now=self._clock())
        return said.ReleasedExport(body=body), None

    # --- keys

    def _key(self, name: str | Warm, binding: Binding, lease: str) -> Key:
        held = self._resident.look(name)
        if (held.group, held.epoch) != (binding.group, binding.epoch):
            raise VaultError(f"the {binding} is not of the group and epoch that were opened", step="O1")
        if held.purpose is Purpose.REWRAP:
            raise VaultError("what was opened for a new epoch serves nothing else", step="O1")
        if isinstance(name, Warm) and self._authority.warm_seconds(name.account, self._clock()) <= 0:
            # Two administrators took it back, or the waiver has ended.
            self._resident.drop(name)
            raise VaultError(f"account {name.account} is cold", hint="custodians open it, for one release", step="O1")
        if not isinstance(name, Warm) and held.lease != lease:
            raise VaultError(f"opening `{name}` serves another lease", hint="custodians open each lease", step="O1")
        return held.account_key(binding.account)

    def _name_of(self, opening: str, binding: Binding) -> str | Warm:
        return opening or Warm(binding.group, binding.account)

    def _in_child(self, do: Callable[[], Result], *, needs: str | Warm = "") -> Reply:
        found = in_child(do, first=partial(self._only, needs))
        return found.message, found.secret

    def _only(self, name: str | Warm) -> None:
        """In a child: wipe what its work does not need."""
        self._resident.drop_all(but=[name])
        self._openings.drop_all()


def encoded(answer: said.Answer | bytes) -> bytes:
    """The JSON of an answer; a child's comes as JSON already."""
    return answer if isinstance(answer, bytes) else msgspec.json.encode(answer)


def _check_digest(blob: bytes, digest: str, what: str) -> None:
    if not hmac.compare_digest(spelling.digest(blob), digest):
        raise VaultError(f"the {what} is not the one in the log", step="V3")
