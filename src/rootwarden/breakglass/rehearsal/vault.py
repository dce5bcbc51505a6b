"""A vault and a sink in one process, for tests and for looking at the pages: everything before their doors is real.

The vault computes real codes from real seeds and seals records really, with a key it keeps in the open. It believes its
caller, which the real one never does, and asks no custodian for anything.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from rootwarden.breakglass.broker.anchoring import Anchored, Held
from rootwarden.breakglass.codes.code import code_at
from rootwarden.breakglass.codes.otpauth import read_otpauth
from rootwarden.breakglass.codes.qr import read_qr
from rootwarden.breakglass.codes.seed import Seed
from rootwarden.breakglass.core.releasing import PERIOD, step_begins
from rootwarden.breakglass.core.settings import OPENED_LIVES
from rootwarden.breakglass.custody.age import Identity, fingerprint, in_groups
from rootwarden.breakglass.custody.export import Opened, make_export
from rootwarden.breakglass.custody.hierarchy import Group, seal_record
from rootwarden.breakglass.custody.keys import Key, Secret
from rootwarden.breakglass.custody.nesting import Custodian
from rootwarden.breakglass.custody.opening import Progress
from rootwarden.breakglass.custody.sealed import Binding, Kind
from rootwarden.breakglass.vault import messages as said
from rootwarden.breakglass.vault.client import Answered
from rootwarden.breakglass.vault.troubles import VaultError
from rootwarden.facts.instant import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.breakglass.core.state import State
    from rootwarden.errors import RootwardenError
    from rootwarden.transparency.head import Head

SINK: Final = "rehearsal"
PASSWORD: Final = "correct horse battery staple"  # noqa: S105 - of an account there is not


class StageAnchors:
    """A sink that has everything at once.

    Attributes:
        trouble: Raised instead of taking a head, when set.
    """

    def __init__(self) -> None:
        self.trouble: RootwardenError | None = None

    def anchor(self, head: Head) -> Anchored:
        """Take a head."""
        if self.trouble is not None:
            raise self.trouble
        at = parse_instant(head.time)
        if at is None:
            raise VaultError("the head has no time")
        return Anchored(
            head=head, held=(Held(sink=SINK, kind="file", accepted_at=at, reference=str(head.size)),), proofs=()
        )


class StageVault:
    """Answers as the vault does.

    Args:
        state: The replayed log.
        clock: The time.
        seeds: By account and device.

    Attributes:
        trouble: Raised instead of answering, when set.
        gave: What custodians handed in: who, for which opening, how many parts.
    """

    def __init__(
        self,
        state: Callable[[], State],
        clock: Callable[[], datetime],
        seeds: dict[tuple[str, str], bytes] | None = None,
    ) -> None:
        self._state, self._clock = state, clock
        self._seeds = {where: Seed(content) for where, content in (seeds or {}).items()}
        self._key = Key(bytearray(32), "key of the rehearsal")
        self._once = Identity.fresh()
        self._exports: dict[str, bytes] = {}
        self._size = 0
        self.trouble: RootwardenError | None = None
        self.gave: list[tuple[str, str, int]] = []
        self._under_way: dict[str, Progress] = {}
        self._open: dict[str, float] = {}

    def ask(self, request: said.Request, secret: Secret | None = None) -> Answered:
        """One question, one answer."""
        if self.trouble is not None:
            raise self.trouble
        if request.log is not None:
            self._size = request.log.since + len(request.log.entries)
        answer, beside = self._answer(request, secret)
        return Answered(answer, Secret(bytearray(beside.encode()), "what leaves"))

    def _answer(self, request: said.Request, secret: Secret | None) -> tuple[said.Answer, str]:
        if isinstance(request, said.SealRecord) and secret is not None:
            return self._sealed(request, secret), ""
        answers: dict[type[said.Request], Callable[[Any], tuple[said.Answer, str]]] = {
            said.Status: self._stands,
            said.BeginOpening: self._begun,
            said.Layers: self._layers,
            said.GiveShare: self._shared,
            said.ReleaseCode: self._one_code,
            said.EnrolmentCodes: self._two_codes,
            said.ReleasePassword: lambda _request: (said.Password(recipient=""), PASSWORD),
            said.MakeExport: self._made,
            said.ReleaseExport: self._exported,
        }
        if type(request) not in answers:
            raise VaultError(f"the rehearsal has no `{type(request).__name__}`")
        return answers[type(request)](request)

    def _begun(self, request: said.BeginOpening) -> tuple[said.Answer, str]:
        self._under_way[request.opening] = Progress(gave=[], waits_for=[], missing=1)
        shown = fingerprint(self._once.recipient)
        return said.Begun(recipient=self._once.recipient, fingerprint=shown, shown=in_groups(shown)), ""

    def _layers(self, _request: said.Layers) -> tuple[said.Answer, str]:
        recipient = self._once.recipient
        shown = in_groups(fingerprint(recipient))
        return said.LayersToPeel(recipient=recipient, shown=shown, layers=[b"layer"]), ""

    def _one_code(self, request: said.ReleaseCode) -> tuple[said.Answer, str]:
        return self._code(request.step, 1), self._digits(request.lease, request.device, request.step)

    def _two_codes(self, request: said.EnrolmentCodes) -> tuple[said.Answer, str]:
        two = (self._digits(request.lease, request.device, request.step + more) for more in range(2))
        return self._code(request.step, 2), " ".join(two)

    def _made(self, request: said.MakeExport) -> tuple[said.Answer, str]:
        asked = self._state().lease(request.lease).request
        binding = Binding(
            group="rehearsal", epoch=1, account=asked.account, kind=Kind.TOTP_SEED, record=asked.device, version=1
        )
        custodians = [Custodian(name=name, recipient=Identity.fresh().recipient) for name in ("carl", "cleo")]
        group = Group(
            name=binding.group,
            keeps=binding.kind,
            epoch=binding.epoch,
            accounts=[binding.account],
            custodians=custodians,
            threshold=2,
        )
        with Secret(bytearray(b'{"uri":"of the rehearsal"}'), "record of the rehearsal") as plain:
            self._exports[request.lease] = make_export(
                [Opened(binding, plain)], account=binding.account, group=group, made_at=self._clock()
            )
        return said.MadeExport(digest=hashlib.sha256(self._exports[request.lease]).hexdigest()), ""

    def _exported(self, request: said.ReleaseExport) -> tuple[said.Answer, str]:
        return said.ReleasedExport(body=self._exports[request.lease]), ""

    def _stands(self, _request: said.Status) -> tuple[said.Answer, str]:
        stands = said.Stands(
            size=self._size,
            trusted=self._size,
            recipient=self._once.recipient,
            openings=dict(self._under_way),
            open=dict(self._open),
            hardening=said.Hardening(measures={}),
        )
        return stands, ""

    def _shared(self, request: said.GiveShare) -> tuple[said.Answer, str]:
        state = self._state()
        opening = state.openings[request.opening]
        group = state.groups[opening.group].group
        self.gave.append((request.custodian, request.opening, len(request.results)))
        missing = max(0, group.threshold - len(opening.shares))
        waits = [one.person for one in group.custodians if one.person not in opening.shares] if missing else []
        progress = self._under_way[request.opening] = Progress(
            gave=list(opening.shares), waits_for=waits, missing=missing
        )
        if not missing:
            del self._under_way[request.opening]
            self._open[request.opening] = OPENED_LIVES.total_seconds()
        return said.Shared(progress=progress, open=not missing), ""

    def _sealed(self, request: said.SealRecord, secret: Secret) -> said.SealedRecord:
        state = self._state()
        account = state.lease(request.lease).request.account
        kind = Kind.TOTP_SEED if request.device else Kind.ROOT_PASSWORD
        groups = (one.group for one in state.groups.values() if account in one.group.accounts)
        group = next((one for one in groups if one.holds == kind.value), None)
        if group is None:
            raise VaultError(f"no custody group covers account `{account}`", step="N1")
        shown, notes = "", tuple[str, ...]()
        if request.device:
            text = read_qr(bytes(secret.content)) if request.material == "picture" else secret.content.decode()
            imported = read_otpauth(text)
            shown, notes = imported.seed.fingerprint, imported.notes
            self._seeds[account, request.device] = imported.seed
        known = state.accounts[account].records.get(request.device)
        version = known.version + 1 if known else 1
        binding = Binding(
            group=group.id,
            epoch=group.epoch,
            account=account,
            kind=kind,
            record=request.device or "password",
            version=version,
        )
        record = seal_record(self._key, binding, Secret(bytearray(b"sealed"), "record"))
        digest = hashlib.sha256(record).hexdigest()
        return said.SealedRecord(record=record, digest=digest, version=version, fingerprint=shown, notes=list(notes))

    def _digits(self, lease: str, device: str, step: int) -> str:
        account = self._state().lease(lease).request.account
        return code_at(self._seeds[account, device], step).reveal()

    def _code(self, step: int, steps: int) -> said.Code:
        now, begins = self._clock(), step_begins(step)
        ends = begins + steps * PERIOD
        left = max(0, int((ends - now).total_seconds()))
        return said.Code(step=step, valid_from=begins, valid_until=ends, seconds_left=left, server_time=now)
