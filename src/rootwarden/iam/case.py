"""A request with all its policies in one JSON document, as `rootwarden iam evaluate` takes it, and the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import structs

from rootwarden.errors import InputError
from rootwarden.iam.context import MISSING, Context, NotKnown, Values, held
from rootwarden.iam.decision import Question, decide
from rootwarden.iam.document import DocumentError, read_document
from rootwarden.iam.layer import Policy, Unreadable
from rootwarden.iam.principal import Kind, Principal
from rootwarden.iam.statement import ANY_RESOURCE, Request

if TYPE_CHECKING:
    from rootwarden.iam.context import Held
    from rootwarden.iam.decision import Answer
    from rootwarden.iam.layer import Document

Json: TypeAlias = Mapping[str, object]
_KINDS: Final = {
    "root": Kind.ROOT,
    "account": Kind.ROOT,
    "user": Kind.USER,
    "role": Kind.ROLE,
    "assumedrole": Kind.ROLE,
    "federateduser": Kind.FEDERATED_USER,
    "federated": Kind.FEDERATED,
    "service": Kind.SERVICE,
    "awsservice": Kind.SERVICE,
    "anonymous": Kind.ANONYMOUS,
}
_ACCOUNT: Final = re.compile(r"\d{12}")
_ARN_PARTS: Final = 6
_MOST_LEVELS: Final = 16
_MOST_POLICIES: Final = 200
_MOST_KEYS: Final = 500


class CaseError(InputError):
    """A case is not shaped as one."""


def evaluate_case(case: object, resource_controlled: frozenset[str] | None = None) -> Answer:
    """Decide the request of a case.

    Args:
        case: The decoded JSON document (`docs/iam-evaluation.md`).
        resource_controlled: Services that resource control policies reach, by prefix; `None` where that is not known.

    Raises:
        CaseError: It has no request or principal, or a part is of another type. A *policy* that cannot be read is no
            error: it may say anything, and the answer says so.
    """
    return decide(structs.replace(read_case(case), resource_controlled=resource_controlled))


def read_case(case: object) -> Question:
    """Read a case.

    Raises:
        CaseError: It is not shaped as one.
    """
    whole = _object(case, "the case")
    request, principal = _object(whole.get("request"), "`request`"), _object(whole.get("principal"), "`principal`")
    who = _principal(principal)
    resource = _text(request, "resource", ANY_RESOURCE)
    owner = _text(whole, "resource_account") or _account_in(resource)
    keys: dict[str, Held] = who.keys()
    if owner or who.account:
        keys["aws:ResourceAccount"] = held(owner or who.account)
    context = _context(request).with_defaults(keys)
    action = _text(request, "action")
    if not action:
        raise CaseError("`request` has no `action`", hint='for example {"action": "s3:GetObject", "resource": "*"}')
    return Question(
        who=who,
        request=Request(action.lower(), resource, context),
        resource_account=owner,
        identity=_policies(whole.get("identity"), "identity") or (),
        resource=_policy(whole["resource"], "resource") if whole.get("resource") is not None else None,
        boundary=_policies(whole.get("boundary"), "boundary"),
        session=_policies(whole.get("session"), "session"),
        scp=_levels(whole.get("scp"), "scp"),
        rcp=_levels(whole.get("rcp"), "rcp"),
        management_account=_text(whole, "management_account"),
    )


def _principal(found: Json) -> Principal:
    arn, written = _text(found, "arn"), _text(found, "type")
    kind = _KINDS.get(written.lower()) if written else _kind_of(arn)
    if kind is None:
        known = "Root, User, Role, AssumedRole, FederatedUser, Service, Anonymous"
        raise CaseError(f"`principal` has the type `{written or arn}`, which is none", hint=f"one of {known}")
    account = _text(found, "account") or _account_in(arn)
    given = _text(found, "session")
    if kind is Kind.ROLE and ":assumed-role/" in arn:
        return Principal(kind=kind, arn=_role_of(arn), account=account, session=arn, id=_text(found, "id"))
    if kind is Kind.FEDERATED_USER:
        given = given or arn
    if kind is Kind.ROOT and not arn:
        arn = f"arn:aws:iam::{account}:root"
    return Principal(kind=kind, arn=arn, account=account, session=given, id=_text(found, "id"))


def _kind_of(arn: str) -> Kind | None:
    """What an ARN alone says."""
    if arn in {"", "*"}:
        return Kind.ANONYMOUS
    if arn.endswith((".amazonaws.com", ".amazonaws.com.cn")) and not arn.startswith("arn:"):
        return Kind.SERVICE
    name = arn.split(":", _ARN_PARTS - 1)[-1]
    shapes = {
        "root": Kind.ROOT,
        "user/": Kind.USER,
        "role/": Kind.ROLE,
        "assumed-role/": Kind.ROLE,
        "federated-user/": Kind.FEDERATED_USER,
        "saml-provider/": Kind.FEDERATED,
        "oidc-provider/": Kind.FEDERATED,
    }
    return next((kind for start, kind in shapes.items() if name.startswith(start)), None)


def _role_of(session: str) -> str:
    """The role of a session; its path is not in the session's ARN."""
    _, partition, _, _, account, name = session.split(":", _ARN_PARTS - 1)
    return f"arn:{partition}:iam::{account}:role/{name.split('/')[1]}"


def _account_in(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) >= _ARN_PARTS and _ACCOUNT.fullmatch(parts[4]) else ""


def _context(request: Json) -> Context:
    if request.get("context") is None:
        return Context(complete=False)
    given = _object(request["context"], "`context`")
    if len(given) > _MOST_KEYS:
        raise CaseError(f"`context` has {len(given):,} keys")
    return Context({str(key): _held(str(key), value) for key, value in given.items()})


def _held(key: str, value: object) -> Held:
    if value is None:
        return MISSING
    if isinstance(value, Mapping):
        if set(value) != {"$unknown"}:
            raise CaseError(f"`{key}` of the context is an object", hint='what is not known is {"$unknown": "why"}')
        return NotKnown(str(value["$unknown"]))
    if isinstance(value, list | tuple):
        return Values(tuple(_scalar(key, one) for one in value), listed=True)
    return Values((_scalar(key, value),))


def _scalar(key: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise CaseError(f"`{key}` of the context has a value that is no text, number or boolean")
    return str(value)


def _levels(found: object, name: str) -> tuple[tuple[Policy, ...], ...] | None:
    if found is None:
        return None
    levels = _list(found, f"`{name}`", _MOST_LEVELS)
    return tuple(_policies(level, f"{name}[{depth}]", empty=()) or () for depth, level in enumerate(levels))


def _policies(found: object, name: str, *, empty: tuple[Policy, ...] | None = None) -> tuple[Policy, ...] | None:
    """A list of policies, or one alone; nothing at all for none."""
    if found is None:
        return empty
    listed = [found] if isinstance(found, Mapping) else _list(found, f"`{name}`", _MOST_POLICIES)
    return tuple(_policy(one, f"{name}[{index}]") for index, one in enumerate(listed)) or empty


def _policy(found: object, name: str) -> Policy:
    policy = _object(found, f"`{name}`")
    return Policy(_text(policy, "name", name), _document(policy.get("document")))


def _document(raw: object) -> Document:
    try:
        return read_document(raw)
    except DocumentError as error:
        return Unreadable(error.message)


def _object(found: object, what: str) -> Json:
    if not isinstance(found, Mapping):
        raise CaseError(f"{what} is no JSON object", hint="`rootwarden iam evaluate --help` shows a case")
    return found


def _list(found: object, what: str, most: int) -> list[object]:
    if not isinstance(found, list | tuple) or len(found) > most:
        raise CaseError(f"{what} is no list of at most {most} entries")
    return list(found)


def _text(found: Json, name: str, default: str = "") -> str:
    value = found.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise CaseError(f"`{name}` is no text")
    return value
