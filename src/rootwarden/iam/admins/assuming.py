"""May somebody assume a role, when what `AssumeRole` carries is theirs to choose?

The session's name, its tags and source identity are what the caller writes (AWS STS API, `AssumeRole`; IAM user guide,
*Available keys for AWS STS*). An external id is no secret to those a trust policy names: AWS shows it to whoever may
read the role, and does not treat it as one (IAM user guide, *Access to AWS accounts owned by third parties*). Tags and
a source identity need an action of their own, allowed by both sides as `sts:AssumeRole` is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.admins.asking import chosen_among, easiest
from rootwarden.iam.admins.trust import ASSUME, may_assume_with
from rootwarden.iam.context import MISSING, Values
from rootwarden.iam.layer import Unreadable
from rootwarden.iam.principal import Kind
from rootwarden.iam.statement import compiled_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.powers import May, Powers
    from rootwarden.iam.context import Context, Held
    from rootwarden.iam.statement import CompiledStatement

EXTERNAL_ID: Final = "sts:ExternalId"
# What setting a key needs beside `sts:AssumeRole`.
_ALSO_NEEDED: Final = {
    "aws:requesttag/": "sts:tagsession",
    "aws:tagkeys": "sts:tagsession",
    "sts:transitivetagkeys": "sts:tagsession",
    "sts:sourceidentity": "sts:setsourceidentity",
}


def may_assume_choosing(actor: Holder, powers: Powers, role: Holder, context: Context) -> tuple[May, Context]:
    """Whether somebody may assume a role for some values of the keys that the caller sets, and the request then.

    Args:
        actor: Who asks.
        powers: What it may do.
        role: A role of any account.
        context: The keys of the request; those the caller sets are not in it.
    """
    best = may_assume_with(actor, powers, role, context)
    if not chosen_among(best):
        return best, context
    context = context.carrying(_never_set(actor, powers, role, context))
    best = may_assume_with(actor, powers, role, context)

    def asked(keys: dict[str, Held]) -> May:
        return _carrying(actor, powers, role, context.carrying(keys), keys)

    statements = tuple(_about(powers, role))
    may, keys = easiest(best, asked, statements, context, besides=tuple(_ALSO_NEEDED))
    return may, context.carrying(keys) if keys else context


def known_to_caller(context: Context) -> tuple[str, ...]:
    """What a request carries that the caller is taken to know."""
    return (EXTERNAL_ID,) if isinstance(context.held(EXTERNAL_ID), Values) else ()


def _never_set(actor: Holder, powers: Powers, role: Holder, context: Context) -> dict[str, Held]:
    """Of the keys that a statement asks about, those not there since their action is not allowed.

    A role's session may have a source identity or tags from before, which go on with it; a user has none.
    """
    keys = _asked(_about(powers, role)) if actor.kind is Kind.USER else ()
    asked = ((key, action) for key in sorted(keys) for action in _also_needed({key: Values(("",))}))
    return {key: MISSING for key, action in asked if may_assume_with(actor, powers, role, context, action) is False}


def _asked(statements: Iterable[CompiledStatement]) -> set[str]:
    """The keys that need an action of their own, and conditions are on."""
    keys = {condition.written.key.lower() for one in statements for condition in one.conditions}
    return {key for key in keys if key.startswith(tuple(_ALSO_NEEDED))}


def _carrying(actor: Holder, powers: Powers, role: Holder, context: Context, keys: Mapping[str, Held]) -> May:
    """Whether the role may be assumed with these keys, everything allowed that setting them needs."""
    unsure: tuple[str, ...] = ()
    for action in (ASSUME, *_also_needed(keys)):
        may = may_assume_with(actor, powers, role, context, action)
        if may is False:
            return False
        unsure += () if may is True else may
    return tuple(dict.fromkeys(unsure)) or True


def _also_needed(keys: Mapping[str, Held]) -> tuple[str, ...]:
    names = [key.lower() for key, value in keys.items() if isinstance(value, Values)]
    needed = (action for start, action in _ALSO_NEEDED.items() if any(name.startswith(start) for name in names))
    return tuple(dict.fromkeys(needed))


def _about(powers: Powers, role: Holder) -> Iterator[CompiledStatement]:
    """What trust policy and own policies say of assuming the role."""
    yield from powers.mentions(ASSUME)
    if role.trust is not None and not isinstance(role.trust, Unreadable):
        yield from (one for one in compiled_document(role.trust) if one.names_action(ASSUME))
