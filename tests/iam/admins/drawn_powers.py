"""Random principals of one account: their policies as powers, and the same question for the evaluator."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Final

import msgspec
from tests.iam.generator import OTHER, OURS, Cases

from rootwarden.iam.admins.holders import AccountSeat, Holder
from rootwarden.iam.admins.powers import Book
from rootwarden.iam.case import read_case
from rootwarden.iam.decision import Question
from rootwarden.iam.layer import Unreadable
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from rootwarden.iam.admins.powers import May, Powers
    from rootwarden.iam.layer import Document, Policy

ALLOWED: Final = "Allowed"
DEPENDS: Final = "DependsOn"
# What another layer than the principal's own policies decides; `powers` are asked about none of it.
_OTHER_LAYERS: Final = ("resource", "session", "rcp", "management_account", "resource_account")
_DECIDED_ELSEWHERE: Final = ("kms:", "sts:")
_KEPT: Final = ("iam::aws:policy/", ":role/aws-reserved/", ":role/aws-service-role/")


def drawn_question(seed: int) -> Question | None:
    """A question that a user's or role's own policies decide, or `None` when the draw is about something else."""
    case = Cases(Random(seed), unknowns=(0.0, 0.4, 1.0, 2.0)[seed % 4], unreadable=seed % 3 == 0).case()
    asked: dict[str, Any] = case["request"]
    if asked["action"].lower().startswith(_DECIDED_ELSEWHERE) or any(one in asked["resource"] for one in _KEPT):
        return None
    for layer in _OTHER_LAYERS:
        case.pop(layer, None)
    asked["resource"] = asked["resource"].replace("222222222222", OURS).replace("000000000000", OURS)
    case["principal"]["arn"] = case["principal"]["arn"].replace("000000000000", OURS)
    question = read_case(case)
    if question.who.kind not in {Kind.USER, Kind.ROLE} or question.who.service_linked:
        return None
    return question


def powers_of(question: Question, actions: tuple[str, ...] = ()) -> Powers:
    """The powers of who asks."""
    return Book(actions).powers(question.identity, question.boundary, question.scp or ())


def in_words(may: May) -> str:
    """A `May` as the evaluator says it; both kinds of denial are one."""
    return DEPENDS if isinstance(may, tuple) else ALLOWED if may else "Denied"


def said(response: str) -> str:
    """The evaluator's response, both kinds of denial made one."""
    return "Denied" if response.endswith("Denied") else response


def shown(question: Question) -> str:
    """A question, to look at when it fails."""
    return repr(msgspec.to_builtins(question, builtin_types=(str,), str_keys=True, enc_hook=repr))


class Assuming(msgspec.Struct, frozen=True):
    """Somebody who would assume a role, and the same question for the evaluator."""

    actor: Holder
    role: Holder
    question: Question


def drawn_assuming(seed: int) -> Assuming | None:
    """A user or role and a role whose trust policy was drawn, in the same account or another one."""
    random = Random(seed)
    cases = Cases(random, unknowns=(0.0, 0.4, 1.0, 2.0)[seed % 4], unreadable=seed % 3 == 0)
    case = cases.case()
    for layer in ("session", "rcp", "management_account", "resource_account"):
        case.pop(layer, None)
    owner = random.choice((OURS, OURS, OTHER))
    role_arn = f"arn:aws:iam::{owner}:role/app"
    case["request"] |= {"action": "sts:AssumeRole", "resource": role_arn}
    # Bounded principals and `NotPrincipal` together are rare in the draw, and a rule of their own.
    sparing = {"Effect": "Deny", "Action": "*", "Resource": "*", "NotPrincipal": cases.principals()}
    case["resource"] = cases.policy((lambda: sparing) if random.random() < 0.15 else cases.resource_statement)
    if random.random() < 0.8:
        named = {"Effect": "Allow", "Action": "sts:*", "Resource": "*", "Principal": cases.principals()}
        listed = case["resource"]["document"]["Statement"]
        case["resource"]["document"]["Statement"] = [named, *(listed if isinstance(listed, list) else [listed])]
    case["principal"]["arn"] = case["principal"]["arn"].replace("000000000000", OURS)
    question = read_case(case)
    who = question.who
    if who.kind not in {Kind.USER, Kind.ROLE} or who.service_linked or who.session or question.resource is None:
        return None
    book = Book(("sts:AssumeRole",))
    powers = book.powers(question.identity, question.boundary, question.scp or ())
    actor = _holder(who.arn, who.kind, powers, None)
    role = _holder(role_arn, Kind.ROLE, book.powers(()), _trust(question.resource))
    return Assuming(actor, role, question)


def _holder(arn: str, kind: Kind, powers: Powers, trust: Document | None) -> Holder:
    seat = AccountSeat(id=arn.split(":")[4])
    name = arn.rpartition("/")[2]
    return Holder(arn=arn, kind=kind, name=name, account=seat, powers=powers, trust=trust)


def _trust(policy: Policy) -> Document:
    """A trust policy as AWS keeps it: its statements have no resource."""
    if isinstance(policy.document, Unreadable):
        return policy.document
    bare = (msgspec.structs.replace(one, resources=None, not_resources=None) for one in policy.document.statements)
    return msgspec.structs.replace(policy.document, statements=tuple(bare))
