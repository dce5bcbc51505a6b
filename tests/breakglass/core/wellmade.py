"""A well-made entry of each kind: what somebody would write who is allowed to, for the situation as it is.

Named as `kind`, or `kind/variant` where one kind is written in more than one way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.breakglass.core.situations import waiver
from tests.breakglass.core.world import STRANGERS, next_group, spare

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.change import change_digest
from rootwarden.breakglass.core.releasing import checkout_of
from rootwarden.breakglass.core.request import digest_of
from rootwarden.breakglass.rehearsal.cast import UNSIGNED, cosign
from rootwarden.breakglass.rehearsal.play import ACCOUNT, DEVICE, DIGEST, GROUP, PHRASE, ROLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.breakglass.core.world import World

    from rootwarden.breakglass.core.request import Request
    from rootwarden.breakglass.core.state import Lease
    from rootwarden.breakglass.rehearsal.cast import Player


def players(world: World) -> dict[str, Player]:
    return {**world.players, **STRANGERS}


def signed(world: World, kind: type[log.SignedEntry], who: str, **fields: Any) -> log.Entry:
    """An entry its actor signs; the system has no key, and signs with that of `ada`."""
    entry = kind(at=world.now, actor=who, nonce=world.nonce(), authenticator=UNSIGNED, **fields)
    return players(world)["ada" if who == log.SYSTEM else who].sign(entry, world.state)


def plain(world: World, kind: type[log.Entry], who: str, **fields: Any) -> log.Entry:
    return kind(at=world.now, actor=who, **fields)


def joint(world: World, kind: type[log.JointEntry], who: str, *others: str, **fields: Any) -> log.Entry:
    """An entry that somebody signs together with others; where `who` is the system, all of it is theirs."""
    entry = kind(at=world.now, actor=log.SYSTEM, nonce=world.nonce(), signers=(), **fields)
    names = [name for name in (*others, who) if name != log.SYSTEM]
    return cosign(entry, tuple(players(world)[name] for name in dict.fromkeys(names)), world.state)


def request_of(world: World) -> Request | None:
    filed = world.state.requests.get("request-2") or world.state.requests.get("request")
    return filed.request if filed else None


def lease_of(world: World) -> Lease | None:
    return world.state.leases.get("lease")


def named_request(world: World) -> str:
    request = request_of(world)
    return request.id if request else "request"


def _log_begun(world: World, who: str) -> log.Entry:
    founders = tuple(log.Founder(person=one.person, key=one.key) for one in world.players.values())
    fields = {"checkpoint_key": world.state.checkpoint_key, "founders": founders, "settings": world.state.settings}
    return joint(world, log.LogBegun, who, *world.players, log="another", **fields)


def _epoch_begun(world: World, who: str) -> log.Entry:
    seen = {"head_size": world.state.size, "head_root": world.state.tree.root.hex()}
    return joint(world, log.EpochBegun, who, "ada", "ida", epoch=world.state.epoch + 1, reason="restored", **seen)


def _clock(world: World, who: str) -> log.Entry:
    fields = {"instant": world.now, "read_at": world.now, "source": "a wrist watch", "boot": "b", "monotonic_us": 1}
    return joint(world, log.ClockAttested, who, "ben" if who == "ada" else "ada", **fields)


def _key_offered(world: World, who: str) -> log.Entry:
    player = spare(who)
    entry = log.KeyOffered(
        at=world.now, actor=who, nonce=world.nonce(), authenticator=UNSIGNED, person=who, key=player.key
    )
    return player.sign(entry, world.state)


def _proposed(world: World, who: str) -> log.Entry:
    return signed(world, log.ChangeProposed, who, proposal="new", change=waiver(world))


def _seconded(world: World, who: str) -> log.Entry:
    proposal = world.state.proposals.get("proposal")
    digest = proposal.digest if proposal else change_digest("proposal", waiver(world))
    return signed(world, log.ChangeSeconded, who, proposal="proposal", digest=digest)


def _filed(world: World, who: str) -> log.Entry:
    request = world.request("new", who, account=ACCOUNT)
    return signed(world, log.RequestFiled, who, request=request)


def _approval(world: World, who: str) -> log.Entry:
    request = request_of(world)
    digest = digest_of(request) if request else DIGEST
    seen = {"head_size": world.state.size, "head_root": world.state.tree.root.hex()}
    fields = {"request": named_request(world), "digest": digest, "phrase": PHRASE, **seen}
    return signed(world, log.ApprovalGiven, who, **fields)


def _opened(name: str) -> Callable[[World, str], log.Entry]:
    def make(world: World, who: str) -> log.Entry:
        filed = world.state.requests.get(name) or world.state.requests.get("request")
        until = filed.request.until if filed else world.now
        fields = {"lease": "new", "until": until, "fence": world.state.size}
        return plain(world, log.LeaseOpened, who, request=name, **fields)

    return make


def _code(world: World, who: str) -> log.Entry:
    return signed(world, log.CodeReleased, who, lease="lease", device=DEVICE, step=world.step_now())


def _task_session(world: World, who: str) -> log.Entry:
    lease = lease_of(world)
    policy = lease.request.task_policy if lease else "IAMAuditRootUserCredentials"
    role = lease.request.role if lease else ROLE
    return signed(world, log.TaskSessionReleased, who, lease="lease", task_policy=policy, role=role, seconds=900)


def _ended(why: str) -> Callable[[World, str], log.Entry]:
    return lambda world, who: plain(world, log.LeaseEnded, who, lease="lease", why=why)


def _checked_in(world: World, who: str) -> log.Entry:
    fields = {"lease": "lease", "observed_at": world.now, "last_root_event": None, "evidence": DIGEST, "report": "done"}
    findings = world.findings("lease") if lease_of(world) else ()
    return signed(world, log.CheckedIn, who, **fields, findings=findings)


def _accepted(other: str) -> Callable[[World, str], log.Entry]:
    fields = {"lease": "lease", "duty": "mail", "evidence": DIGEST, "reason": "the new address is ours"}
    return lambda world, who: joint(world, log.DutyAccepted, who, other, **fields)


def _checkout(world: World, who: str) -> log.Entry:
    lease = lease_of(world) or world.state.leases.get("enrolment")
    if lease is None:
        fields: dict[str, Any] = {"lease": "lease", "account": ACCOUNT, "task": "t", "person": "rita"}
        more = {"start": world.now, "until": world.now, "released_at": None, "mfa_device": "", "sources": ()}
        return plain(world, log.CheckoutPublished, who, **fields, **more)
    published = checkout_of(world.state, lease, world.now)
    fields = {name: getattr(published, name) for name in published.__struct_fields__ if name not in {"at", "actor"}}
    return plain(world, log.CheckoutPublished, who, **fields)


def _epoch_sealed(world: World, who: str) -> log.Entry:
    records = (log.Resealed(account=ACCOUNT, device=DEVICE, version=2, digest="cd" * 32),)
    fields = {"group": GROUP, "epoch": next_group().epoch, "digest": DIGEST, "records": records}
    return plain(world, log.EpochSealed, who, **fields)


def _opening(group: str, purpose: str) -> Callable[[World, str], log.Entry]:
    reference = "lease" if purpose == "lease" else group
    fields = {"opening": "new", "group": group, "epoch": 1, "purpose": purpose, "reference": reference}
    return lambda world, who: plain(world, log.OpeningBegun, who, **fields, fingerprint="12 34")


def _share(world: World, who: str) -> log.Entry:
    return signed(world, log.ShareGiven, who, opening="opening", fingerprint="ab cd", digest=DIGEST)


def _opening_ended(outcome: str) -> Callable[[World, str], log.Entry]:
    return lambda world, who: plain(world, log.OpeningEnded, who, opening="opening", outcome=outcome)


def _record(world: World, who: str) -> log.Entry:
    known = world.state.accounts[ACCOUNT].records.get("second") if ACCOUNT in world.state.accounts else None
    fields = {"account": ACCOUNT, "holds": "totp-seed", "device": "second", "group": GROUP, "epoch": 1}
    more = {"version": known.version + 1 if known else 1, "fingerprint": "12", "digest": DIGEST, "lease": "lease"}
    return signed(world, log.RecordSealed, who, **fields, **more)


def _served(world: World, who: str) -> log.Entry:
    return signed(world, log.EnrolmentServed, who, lease="lease", device="second", step=world.step_now())


def _proven(world: World, who: str) -> log.Entry:
    fields = {"lease": "lease", "device": "second", "evidence": "signed in", "source_destroyed": True}
    return signed(world, log.EnrolmentProven, who, **fields)


def _drill_begun(world: World, who: str) -> log.Entry:
    return plain(world, log.DrillBegun, who, drill="new", account=ACCOUNT, drill_kind="restore")


def _drill_done(world: World, who: str) -> log.Entry:
    fields = {"drill": "drill", "account": ACCOUNT, "drill_kind": "mail", "due": world.now, "outcome": "passed"}
    return plain(world, log.DrillDone, who, **fields, evidence="it came", answer="lusab")


def _of_request(kind: type[log.Entry], **fields: Any) -> Callable[[World, str], log.Entry]:
    def make(world: World, who: str) -> log.Entry:
        said = {"request": named_request(world), **fields}
        return (
            signed(world, kind, who, **said) if issubclass(kind, log.SignedEntry) else plain(world, kind, who, **said)
        )

    return make


def _of_lease(kind: type[log.Entry], **fields: Any) -> Callable[[World, str], log.Entry]:
    def make(world: World, who: str) -> log.Entry:
        said = {"lease": "lease", **fields}
        return (
            signed(world, kind, who, **said) if issubclass(kind, log.SignedEntry) else plain(world, kind, who, **said)
        )

    return make


WELL_MADE: Final[dict[str, Callable[[World, str], log.Entry]]] = {
    "log-begun": _log_begun,
    "epoch-begun": _epoch_begun,
    "clock-attested": _clock,
    "sink-changed": lambda world, who: plain(world, log.SinkChanged, who, sink="mail", works=False),
    "key-offered": _key_offered,
    "change-proposed": _proposed,
    "change-seconded": _seconded,
    "person-suspended": lambda world, who: signed(world, log.PersonSuspended, who, person="cora", reason="ill"),
    "leaver-suspended": lambda world, who: plain(world, log.LeaverSuspended, who, person="cora", reason="left"),
    "request-filed": _filed,
    "approval-given": _approval,
    "request-denied": _of_request(log.RequestDenied, reason="not tonight"),
    "request-withdrawn": _of_request(log.RequestWithdrawn),
    "request-reported": _of_request(log.RequestReported, reason="nobody called me"),
    "request-expired": _of_request(log.RequestExpired),
    "notice-recorded": _of_request(log.NoticeRecorded, person="anna", channel="mail", delivered=True),
    "lease-opened": _opened("request"),
    "lease-opened/next": _opened("next"),
    "code-released": _code,
    "password-released": _of_lease(log.PasswordReleased),
    "task-session-released": _task_session,
    "export-released": _of_lease(log.ExportReleased, digest=DIGEST),
    "lease-ended/window": _ended("window"),
    "lease-ended/returned": _ended("returned"),
    "lease-ended/revoked": _ended("revoked"),
    "checked-in": _checked_in,
    "duty-accepted/administrator": _accepted("anna"),
    "duty-accepted/approver": _accepted("ada"),
    "lease-closed": _of_lease(log.LeaseClosed),
    "checkout-published": _checkout,
    "epoch-sealed": _epoch_sealed,
    "opening-begun/lease": _opening(GROUP, "lease"),
    "opening-begun/password": _opening("passwords", "lease"),
    "opening-begun/rewrap": _opening(GROUP, "rewrap"),
    "share-given": _share,
    "share-refused": lambda world, who: plain(
        world, log.ShareRefused, who, opening="opening", custodian="carl", reason="it was lost"
    ),
    "opening-ended/opened": _opening_ended("opened"),
    "opening-ended/failed": _opening_ended("failed"),
    "record-sealed": _record,
    "enrolment-served": _served,
    "enrolment-proven": _proven,
    "drill-begun": _drill_begun,
    "drill-done": _drill_done,
    "signed-in": lambda world, who: plain(world, log.SignedIn, who, method="oidc"),
    "hazard-noticed": lambda world, who: plain(
        world, log.HazardNoticed, who, hazard="domain:x", severity="low", words="x"
    ),
    "attempt-refused": lambda world, who: plain(world, log.AttemptRefused, who, attempted="code", step="R1"),
}
