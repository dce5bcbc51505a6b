"""Is this what I wished for? What the service wants signed, held against the wish, field by field; pure.

A service that was taken over can show one thing and have another signed. So nothing is signed before every field of the
wish stands in the message, under the kind of entry the wish is for, in the name of whoever signs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.client.troubles import Distrusted
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.phrase import phrase_digest
from rootwarden.breakglass.custody.opening import share_digest
from rootwarden.errors import InputError
from rootwarden.facts.instant import parse_instant
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.breakglass.client.replies import Draft

# What each wish becomes. A test wants every wish here.
KINDS: Final[dict[type[wishes.Wish], type[log.Entry]]] = {
    wishes.File: log.RequestFiled,
    wishes.Approve: log.ApprovalGiven,
    wishes.Deny: log.RequestDenied,
    wishes.Report: log.RequestReported,
    wishes.Suspend: log.PersonSuspended,
    wishes.GetExport: log.ExportReleased,
    wishes.GetCode: log.CodeReleased,
    wishes.GetPassword: log.PasswordReleased,
    wishes.GetTaskSession: log.TaskSessionReleased,
    wishes.GiveShare: log.ShareGiven,
    wishes.OfferKey: log.KeyOffered,
    wishes.Propose: log.ChangeProposed,
    wishes.Second: log.ChangeSeconded,
    wishes.ConfirmRecord: log.RecordSealed,
    wishes.ServeEnrolment: log.EnrolmentServed,
    wishes.ProveEnrolment: log.EnrolmentProven,
    wishes.CheckIn: log.CheckedIn,
    wishes.AcceptDuty: log.DutyAccepted,
    wishes.AttestClock: log.ClockAttested,
    wishes.BeginEpoch: log.EpochBegun,
    wishes.Found: log.LogBegun,
}
# Fields of wishes that the entry has in another form; each is checked below.
_OTHERWISE: Final[dict[type[wishes.Wish], frozenset[str]]] = {
    wishes.GiveShare: frozenset({"peeled"}),
    wishes.Found: frozenset({"people", "keys"}),
    wishes.File: frozenset({"minutes", "start"}),
}
_SIGN_IN: Final = "sign-in"
_SECONDS: Final = 60


def fields_of(draft: Draft) -> dict[str, Any]:
    """What a message says.

    Raises:
        Distrusted: It is not in canonical form, so it may look like one thing and be another.
    """
    message = draft.message.encode()
    try:
        fields = msgspec.json.decode(message, type=dict[str, Any])
        spelled = canonical(fields)
    except (msgspec.MsgspecError, InputError, UnicodeError, RecursionError) as error:
        raise Distrusted("the service wants something signed that cannot be read") from error
    if spelled != message or fields.get("kind") != draft.kind:
        raise Distrusted("the service wants something signed that is not what it seems")
    return fields


def check_wish(wish: wishes.Wish, draft: Draft, *, me: str, also: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Check that a draft is what was wished for.

    Args:
        wish: What was wished for.
        draft: What the service made of it.
        me: Who signs.
        also: What else must stand in it, as this side knows it.

    Returns:
        The fields of the entry.

    Raises:
        Distrusted: It is something else.
    """
    fields = fields_of(draft)
    _require(fields.get("kind") == KINDS[type(wish)].__struct_config__.tag, "kind")
    if not issubclass(KINDS[type(wish)], log.JointEntry):
        _require(fields.get("actor") == me, "actor")
    if isinstance(wish, wishes.File):
        request = fields.get("request")
        _check_request(wish, draft, request if isinstance(request, dict) else {}, me)
        return fields
    for name, value in {**_expected(wish), **(also or {})}.items():
        _require(fields.get(name) == _plain(value), name)
    return fields


def _expected(wish: wishes.Wish) -> dict[str, Any]:
    """What the entry of a wish must hold."""
    wanted = _as_said(wish)
    if isinstance(wish, wishes.GiveShare):
        return {**wanted, "digest": share_digest([strict_base64.decode(one) or b"" for one in wish.peeled])}
    if isinstance(wish, wishes.Found):
        pairs = zip(wish.people, wish.keys, strict=True)
        return {**wanted, "founders": [{"person": person, "key": key} for person, key in pairs]}
    return wanted


def _as_said(wish: wishes.Wish) -> dict[str, Any]:
    """The fields an entry has just as the wish has them."""
    otherwise = _OTHERWISE.get(type(wish), frozenset())
    return {name: getattr(wish, name) for name in wish.__struct_fields__ if name not in otherwise}


def check_sign_in(message: str, *, service: str) -> bytes:
    """Check that an offer is for signing in here, and for nothing else.

    Args:
        message: What is to be signed.
        service: The domain of the service.

    Returns:
        The bytes to sign.

    Raises:
        Distrusted: It is for something else, or for another service.
    """
    try:
        fields = msgspec.json.decode(message, type=dict[str, str])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Distrusted("the service wants something signed that is no sign-in") from error
    named = fields.get("service", "")
    if fields.keys() != {"purpose", "service", "nonce", "expires_at"} or fields["purpose"] != _SIGN_IN:
        raise Distrusted("the service wants something signed that is no sign-in")
    if not (named == service or (named and service.endswith(f".{named}"))):
        hint = "if that is the name of the service, and you reach it by another one, give --service"
        raise Distrusted(f"the sign-in is for another service than `{service}`", hint=hint)
    return canonical(fields)


def _check_request(wish: wishes.File, draft: Draft, request: dict[str, Any], me: str) -> None:
    _require(request.get("requester") == me, "requester")
    for name, value in _as_said(wish).items():
        _require(request.get(name) == _plain(value), name)
    start, until = (parse_instant(str(request.get(name, ""))) for name in ("start", "until"))
    minutes = (until - start).total_seconds() / _SECONDS if start and until else -1
    _require(0 <= minutes <= wish.minutes, "until")
    _require(wish.start is None or start == wish.start, "start")
    try:
        made = phrase_digest(draft.phrase, str(request.get("phrase_salt", "")))
    except ValueError:
        made = ""
    _require(bool(made) and made == request.get("phrase_digest"), "phrase_digest")


def _plain(value: Any) -> Any:
    """A value as JSON has it, so that tuples and lists, records and objects compare."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _require(holds: bool, field: str) -> None:
    if not holds:
        hint = "sign nothing; tell an administrator, and compare the heads you keep (`rootwarden breakglass heads`)"
        raise Distrusted(f"the service wants something else signed than was wished for: `{field}` differs", hint=hint)
