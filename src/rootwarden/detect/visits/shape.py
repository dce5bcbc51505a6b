"""Is it root, and in which of its eight shapes? Letters and order as in docs/incidents.md.

Some shapes show only beside other events: a session is known to be AssumeRoot's by the call that issued its key, and
to be the console's by the sign-in of the same second. `Joins` collects those events from a whole run first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.incident import Shape
from rootwarden.detect.visits.stamp import event_id, seconds, short

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Value
    from rootwarden.detect.visits.event import Event

SIGN_IN_SOURCE: Final = "signin.amazonaws.com"
_STS: Final = "sts.amazonaws.com"
# Older console actions carry one of these: a person, not a service.
_HUMAN_HOSTS: Final = frozenset({SIGN_IN_SOURCE, "console.amazonaws.com"})
_ISSUING: Final = frozenset({"GetSessionToken", "GetFederationToken", "CreateOAuth2Token", "AuthorizeOAuth2Access"})
_TASK_POLICIES: Final = "root-task/"
_DEEPEST_RESPONSE: Final = 4
_ACCOUNT: Final = 12


class AssumeRootCall(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One call of `sts:AssumeRoot`, as its caller's trail has it.

    Attributes:
        access_key: Key of the session it gave; empty when it failed, or the answer was cut.
        account: Account whose root it asked for; empty when the request was cut.
        caller: Who called, as an ARN.
        caller_account: The caller's account.
        task_policy: Name of the task policy, without `arn:aws:iam::aws:policy/root-task/`.
        second: When, in seconds since 1970; `None` when the event does not say.
        event_id: The event.
        failed: It was refused.
    """

    access_key: str
    account: str
    caller: str
    caller_account: str
    task_policy: str
    second: int | None
    event_id: str
    failed: bool


class Issued(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Temporary credentials root made for itself: `GetSessionToken`, `GetFederationToken`, `aws login`."""

    second: int
    name: str
    event_id: str


class Joins(msgspec.Struct, kw_only=True):
    """What other events say about a session; learnt from all events of a run, in any order.

    Attributes:
        calls: AssumeRoot calls by the access key they issued.
        sign_ins: Account and second of every successful sign-in of root.
        issued: By access key: the call through which root got it.
    """

    calls: dict[str, AssumeRootCall] = msgspec.field(default_factory=dict)
    sign_ins: set[tuple[str, int]] = msgspec.field(default_factory=set)
    issued: dict[str, Issued] = msgspec.field(default_factory=dict)

    def learn(self, event: Event) -> None:
        """Take what an event says about sessions; most events say nothing."""
        if event.name == "AssumeRoot":
            call = assume_root_call(event)
            if call is not None and call.access_key:
                self._know(call)
        elif is_root(event) and event.instant is not None:
            self._learn_of_root(event, seconds(event.instant))

    def merge(self, other: Joins) -> None:
        """Take what another reader learnt."""
        for call in other.calls.values():
            self._know(call)
        self.sign_ins |= other.sign_ins
        for key, issued in other.issued.items():
            self._issue(key, issued)

    def call_for(self, account: str, access_key: str) -> AssumeRootCall | None:
        """The AssumeRoot call that issued a key for root of an account; `None` when none was seen."""
        call = self.calls.get(access_key) if access_key else None
        return call if call is not None and call.account in {"", account} else None

    def _learn_of_root(self, event: Event, second: int) -> None:
        if signed_in(event):
            self.sign_ins.add((root_account(event), second))
        if event.name in _ISSUING:
            key = issued_key(event)
            if key:
                self._issue(key, Issued(second=second, name=event.name, event_id=event_id(event)))

    def _know(self, call: AssumeRootCall) -> None:
        known = self.calls.get(call.access_key)
        self.calls[call.access_key] = call if known is None else min(known, call, key=_by_time)

    def _issue(self, key: str, issued: Issued) -> None:
        known = self.issued.get(key)
        self.issued[key] = issued if known is None else min(known, issued)


def is_root(event: Event) -> bool:
    """Whether the identity is root: by type, by the issuer of its session, or, where no type is given, by its ARN."""
    who = event.identity
    if who.kind.lower() == "root" or who.issuer_kind.lower() == "root":
        return True
    return (not who.kind or event.kind == "AwsServiceEvent") and who.arn.endswith(":root")


def root_account(event: Event) -> str:
    """Whose root it is; empty when the event does not say. The trail that heard of it may be another account's."""
    who = event.identity
    given = (who.account, who.issuer_account, _account_of(who.arn), event.account)
    return next((one for one in given if is_account(one)), "")


def is_account(text: str) -> bool:
    """Whether a text is an account id: twelve digits."""
    return len(text) == _ACCOUNT and text.isascii() and text.isdigit()


def shape_of(event: Event, joins: Joins) -> Shape | None:
    """The shape of an event, first match wins; `None` when the identity is not root.

    Args:
        event: One event.
        joins: What the whole run says about sessions; an empty one leaves AssumeRoot sessions and older console
            sessions as `D`.
    """
    if not is_root(event):
        return None
    shape = shape_alone(event)
    if shape in {Shape.SERVICE, Shape.FORWARDED, Shape.FEDERATED, Shape.ASSUMED}:
        return shape
    account = root_account(event)
    if joins.call_for(account, event.identity.access_key) is not None:
        return Shape.ASSUMED
    started = event.identity.session_started
    if shape is Shape.SESSION and started is not None and (account, seconds(started)) in joins.sign_ins:
        return Shape.CONSOLE
    return shape


def shape_alone(event: Event) -> Shape:
    """What a root event says of its shape by itself, without any other event."""
    who = event.identity
    signs: tuple[tuple[Shape, bool | None], ...] = (
        (Shape.SERVICE, event.kind == "AwsServiceEvent"),
        (Shape.FORWARDED, is_service(who.invoked_by)),
        (Shape.FEDERATED, who.issuer_kind.lower() == "root"),
        (Shape.ASSUMED, who.assumed_root),
        (Shape.SIGN_IN, event.source.lower() == SIGN_IN_SOURCE),
        (Shape.ACCESS_KEY, who.access_key.startswith("AKIA")),
        (Shape.CONSOLE, event.from_console),
    )
    return next((shape for shape, holds in signs if holds), Shape.SESSION)


def is_service(name: str) -> bool:
    """Whether `invokedBy` names a service that acts in root's name; sign-in and console stand for a person.

    A name that is neither is not taken for a service: the visit then counts as a person's.
    """
    name = name.lower()
    if name in _HUMAN_HOSTS:
        return False
    return name == "aws internal" or name.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu"))


def signed_in(event: Event) -> bool:
    """Whether the event is a sign-in that succeeded, or of which nothing says that it failed."""
    return event.name == "ConsoleLogin" and not failed(event)


def failed(event: Event) -> bool:
    """Whether the record says that what was asked for did not happen.

    Events of the sign-in page have no `errorCode`: they carry `Failure` under their own name, or an `errorMessage`.
    """
    if event.error_code:
        return True
    if event.source.lower() != SIGN_IN_SOURCE and event.name != "ConsoleLogin":
        return False
    return bool(event.error_message) or event.text("responseElements", event.name).lower() == "failure"


def assume_root_call(event: Event) -> AssumeRootCall | None:
    """What an `AssumeRoot` event says; `None` for any other event.

    Source: *sts:AssumeRoot* and *Track privileged tasks in CloudTrail*, AWS documentation.
    """
    if event.name != "AssumeRoot" or event.source.lower() != _STS:
        return None
    policy = event.text("requestParameters", "taskPolicyArn", "arn") or event.text("requestParameters", "taskPolicyArn")
    target = event.text("requestParameters", "targetPrincipal")
    who = event.identity
    return AssumeRootCall(
        access_key=issued_key(event),
        account=next((one for one in (_account_of(target), target) if is_account(one)), ""),
        caller=short(who.arn or who.principal),
        caller_account=who.account or event.account,
        task_policy=short(policy.rpartition(_TASK_POLICIES)[2]),
        second=None if event.instant is None else seconds(event.instant),
        event_id=event_id(event),
        failed=failed(event),
    )


def issued_key(event: Event) -> str:
    """The access key a call gave out; empty when the answer holds none.

    Documented as `responseElements.credentials.accessKeyId`; how `CreateOAuth2Token` writes it is not, so it is looked
    for in the whole answer.
    """
    return _find_key(event.at("responseElements"), _DEEPEST_RESPONSE)


def _find_key(value: Value, depth: int) -> str:
    if not isinstance(value, dict) or not depth:
        return ""
    key = value.get("accessKeyId")
    if isinstance(key, str) and key:
        return short(key)
    return next((found for name in sorted(value) if (found := _find_key(value[name], depth - 1))), "")


def _by_time(call: AssumeRootCall) -> tuple[bool, int, AssumeRootCall]:
    return (call.second is None, call.second or 0, msgspec.structs.replace(call, second=call.second or 0))


def _account_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 and parts[0] == "arn" else ""  # noqa: PLR2004 - arn:partition:service:region:account:resource
