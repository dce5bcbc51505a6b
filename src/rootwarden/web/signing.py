"""What both doors do with drafts: prepare one, say what is to be signed, take the signature, let something leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from rootwarden.breakglass.broker.seeing import Unseen
from rootwarden.breakglass.broker.wishes import GetCode, GetPassword, ServeEnrolment
from rootwarden.breakglass.broker.words import line_of
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.entry import from_bytes, kind_of
from rootwarden.breakglass.core.founding import signers_needed
from rootwarden.errors import RootwardenError
from rootwarden.facts.instant import Instant
from rootwarden.web.behind import CodeReply, EnrolmentReply, PasswordReply
from rootwarden.web.problem import Problem, problem_of

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.broker.broker import Draft
    from rootwarden.breakglass.broker.wishes import AnyWish
    from rootwarden.breakglass.core.authenticator import Authenticator
    from rootwarden.breakglass.core.public_key import PublicKey
    from rootwarden.breakglass.core.state import State
    from rootwarden.breakglass.identity.sessions import Session
    from rootwarden.web.house import House

Left: TypeAlias = CodeReply | PasswordReply | EnrolmentReply
CODE, PASSWORD, ENROLMENT, EXPORT = "code", "password", "enrolment", "export"


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A key the reader may sign with: its kind, its id, and of a passkey what the browser calls it."""

    kind: str
    id: str
    credential_id: str
    name: str


class DraftView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for a signature.

    Attributes:
        id: Names it.
        person: Who prepared it.
        kind: What is written once it is signed.
        words: That entry, in one line.
        message: What is signed: canonical JSON, byte for byte.
        challenge: SHA-256 of the message, in Base64url: what a passkey signs.
        expires: Until when.
        several: Whether several people sign.
        signed: Who did.
        wanting: How many signatures are still wanted.
        phrase: What only who files a request is told, to read out to approvers.
        credentials: The keys of the reader that may sign it.
        fields: The entry that is signed, as JSON.
    """

    id: str
    person: str
    kind: str
    words: str
    message: str
    challenge: str
    expires: Instant
    several: bool
    signed: tuple[str, ...]
    wanting: int
    phrase: str
    credentials: tuple[Credential, ...]
    fields: dict[str, Any]


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a signature.

    Attributes:
        position: Place of the entry in the log; none while others have to sign.
        kind: Of the entry.
        waiting_for: How many signatures are still wanted.
        names: What the entry is about, such as `request` and its id.
        released: What left, if something did.
        trouble: What could not be done afterwards, if anything: the entry stands, and what it releases can be asked
            for again while its time lasts.
    """

    position: int | None
    kind: str
    waiting_for: int
    names: dict[str, str]
    released: Left | None
    trouble: Problem | None


def prepare(house: House, session: Session, wish: AnyWish) -> DraftView:
    """Draft what somebody wishes for.

    Raises:
        Refused: It would not be allowed, whoever signed it.
    """
    made = house.broker.prepare(session.person, wish)
    if isinstance(wish, (GetCode, ServeEnrolment, GetPassword)):
        # Nobody signs in vain for keys the vault does not have any more.
        house.behind.check_keys(wish.lease, password=isinstance(wish, GetPassword))
    return _view(house, made, session.person)


def view_draft(house: House, name: str, who: str) -> DraftView:
    """A draft, for its person, or for anybody who may sign it together with others.

    Raises:
        Unseen: There is none for them.
        Refused: It has expired.
    """
    draft = house.broker.draft(name)
    if draft.person != who and not draft.several:
        raise Unseen("G4", "there is no such draft any more", hint="begin again")
    return _view(house, draft, who)


def sign(house: House, session: Session, name: str, authenticator: Authenticator) -> Signed:
    """Take a signature; with the last one the entry is written, and what it releases leaves.

    Raises:
        Refused: A step refused it.
        StoreError: The database cannot.
    """
    acted = house.behind.acting.sign(session.person, name, authenticator)
    entry, trouble = acted.entry, acted.trouble
    wanting = max(0, signers_needed(entry) - len(entry.signers)) if isinstance(entry, log.JointEntry) else 0
    released = None
    if acted.position is not None:
        _remember(house, session, entry)
        try:
            released = _release(house, session, entry)
        except RootwardenError as error:
            # The entry stands, and the same may be asked for again: it is told, not raised.
            trouble = error
    return Signed(
        position=acted.position,
        kind=kind_of(entry),
        waiting_for=wanting,
        names=_names(entry),
        released=released,
        trouble=problem_of(trouble) if trouble is not None else None,
    )


def left_before(house: House, session: Session, kind: str, lease: str, device: str = "") -> Left:
    """What left before, for the session that signed for it; while its step lasts, and without a new entry.

    Raises:
        Unseen: Another session signed for it, or nothing left.
        RootwardenError: It cannot leave, or its time is over.
    """
    if not house.shown.may_see(kind, lease, session.id):
        raise Unseen("R1", "nothing was released to this sign-in", hint="ask for it, and sign")
    return _left(house, session.person, kind, lease, device)


def export_of(house: House, session: Session, lease: str) -> bytes:
    """The sealed export of a lease, for the session that signed for it.

    Raises:
        Unseen: Another session signed for it, or nobody.
        RootwardenError: It cannot leave.
    """
    if not house.shown.may_see(EXPORT, lease, session.id):
        raise Unseen("R1", "nothing was released to this sign-in", hint="ask for it, and sign")
    return house.behind.export(session.person, lease)


def keys_of(state: State, who: str, at: datetime) -> tuple[PublicKey, ...]:
    """The keys of somebody that count by now."""
    standing = state.people.get(who)
    return tuple(held.key for held in standing.keys.values() if held.counts_from <= at) if standing else ()


def credentials_from(keys: tuple[PublicKey, ...]) -> tuple[Credential, ...]:
    """Keys as a client is told of them."""
    return tuple(Credential(kind=one.kind, id=one.id, credential_id=one.credential_id, name=one.name) for one in keys)


def _view(house: House, draft: Draft, who: str) -> DraftView:
    entry = from_bytes(draft.entry)
    joint = isinstance(entry, log.JointEntry)
    signed = tuple(one.person for one in entry.signers) if isinstance(entry, log.JointEntry) else ()
    return DraftView(
        id=draft.id,
        person=draft.person,
        kind=kind_of(entry),
        words=line_of(entry),
        message=draft.message.decode(),
        challenge=strict_base64.encode_url(draft.challenge),
        expires=draft.expires,
        several=joint,
        signed=signed,
        wanting=signers_needed(entry) - len(signed) if isinstance(entry, log.JointEntry) else 1,
        phrase=draft.phrase if draft.person == who else "",
        credentials=credentials_from(_keys_for(house, entry, who)),
        fields=msgspec.json.decode(draft.message),
    )


def _keys_for(house: House, entry: log.Entry, who: str) -> tuple[PublicKey, ...]:
    """Which keys may sign: founders' and offered keys are not in the log yet."""
    if isinstance(entry, log.LogBegun):
        return tuple(founder.key for founder in entry.founders)
    if isinstance(entry, log.KeyOffered):
        return (entry.key,)
    return house.broker.look(lambda state: keys_of(state, who, house.wall()))


def _remember(house: House, session: Session, entry: log.Entry) -> None:
    kind = _RELEASES.get(type(entry))
    lease = getattr(entry, "lease", "")
    if kind:
        house.shown.remember(kind, lease, session.id)


def _release(house: House, session: Session, entry: log.Entry) -> Left | None:
    if isinstance(entry, (log.CodeReleased, log.EnrolmentServed)):
        return _left(house, session.person, _RELEASES[type(entry)], entry.lease, entry.device)
    if isinstance(entry, log.PasswordReleased):
        return _left(house, session.person, PASSWORD, entry.lease, "")
    return None


def _left(house: House, who: str, kind: str, lease: str, device: str) -> Left:
    if kind == CODE:
        device = house.broker.look(lambda state: state.lease(lease).request.device)
        return house.behind.code(who, lease, device)
    if kind == PASSWORD:
        return house.behind.password(who, lease)
    return house.behind.enrolment_codes(who, lease, device)


def _names(entry: log.Entry) -> dict[str, str]:
    if isinstance(entry, log.RequestFiled):
        return {"request": entry.request.id}
    fields = ("request", "lease", "opening", "proposal", "person", "device")
    return {name: value for name in fields if isinstance(value := getattr(entry, name, None), str) and value}


_RELEASES: dict[type[log.Entry], str] = {
    log.CodeReleased: CODE,
    log.PasswordReleased: PASSWORD,
    log.EnrolmentServed: ENROLMENT,
    log.ExportReleased: EXPORT,
}
