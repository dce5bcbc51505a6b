"""The words and symbols for classes, steps and what they require. No meaning stands on colour alone."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rootwarden import packs
from rootwarden.iam.admins.attempt import End
from rootwarden.iam.admins.standing import Door
from rootwarden.iam.admins.verdict import ITSELF, Class

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.iam.admins.standing import Standing
    from rootwarden.iam.admins.verdict import Blocking, PrincipalVerdict, StatementPlace, Step
    from rootwarden.iam.escalation.path import EscalationPath

# Nearest to root first.
CLASSES: Final = tuple(Class)
SYMBOL: Final[Mapping[Class, str]] = MappingProxyType(
    {Class.DIRECT: "■", Class.ESCALATION: "▲", Class.CONDITIONAL: "?", Class.LATERAL: "→", Class.NONE: "·"}
)
MEANING: Final[Mapping[Class, str]] = MappingProxyType(
    {
        Class.DIRECT: "administrators as they are",
        Class.ESCALATION: "can make themselves administrators, or root",
        Class.CONDITIONAL: "can, if something holds that is not known",
        Class.LATERAL: "can become somebody else, and nobody who gets up",
        Class.NONE: "no way up was found",
    }
)
LAYER: Final[Mapping[str, str]] = MappingProxyType(
    {"identity": "", "boundary": "permissions boundary ", "scp": "service control policy ", "trust": ""}
)
_THIS_ROLE: Final = " with this role"
_ARN_PARTS: Final = 6


def short(arn: str, account: str = "") -> str:
    """`role/ci-deployer` of an ARN, with its account where that is another one; what is no ARN stays."""
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS:
        return arn
    elsewhere = f" of {parts[4]}" if account and parts[4] and parts[4] != account else ""
    return parts[5] + elsewhere


def account_of(arn: str) -> str:
    """The account in an ARN, or an empty text."""
    parts = arn.split(":", _ARN_PARTS - 1)
    return parts[4] if len(parts) == _ARN_PARTS else ""


def leads_to(step: Step, *, last: bool, gets_up: bool) -> str:
    """Where a step leads, in words."""
    if step.leads_to == End.ROOT:
        return f"root of {step.target}" if step.target.isdigit() else "root"
    if step.leads_to == End.ADMINISTRATOR:
        return f"an administrator of {step.target}" if step.target.isdigit() else "an administrator"
    top = last and gets_up
    if step.leads_to == step.by:
        return "an administrator itself" if top else "itself, with other permissions"
    return short(step.leads_to, account_of(step.by)) + (", an administrator" if top else "")


def gets_up(one: PrincipalVerdict) -> bool:
    """Whether a way ends at an administrator or root."""
    return one.kind in {Class.DIRECT, Class.ESCALATION, Class.CONDITIONAL}


def place(one: StatementPlace) -> str:
    """`ci-rights` statement 0: positions count from 0, as in JSON."""
    return f"{one.policy} statement {one.index}"


def blocking(one: Blocking) -> str:
    """What stands in the way, in words."""
    layer = LAYER.get(one.layer, f"{one.layer} ")
    return f"{layer}{one.policy}, " + (f"statement {one.index}" if one.index >= 0 else "which does not allow it")


def required(word: str) -> str:
    """What has to be so, in words: a word of the catalogue, a resource, a condition key, or a reason as it is."""
    words = packs.escalation_words()
    meaning = words.requires.get(word) or words.where.get(word)
    if meaning:
        return meaning
    if word.endswith(_THIS_ROLE):
        return f"something of the kind `{word.removesuffix(_THIS_ROLE)}` has this role"
    if ":" in word and " " not in word:
        return f"the condition on `{word}` holds"
    return word


def in_catalogue(step: Step) -> EscalationPath | None:
    """The path of a step; `None` for who is an administrator under a condition."""
    if step.id == ITSELF:
        return None
    return next((one for one in packs.escalation_paths() if one.id == step.id), None)


def on_another(step: Step) -> bool:
    """Whether who takes a step changes somebody else by it, with both in hand."""
    path = in_catalogue(step)
    return path is not None and path.another is not None and step.leads_to != step.by


def taken_by(one: PrincipalVerdict, position: int) -> str:
    """Who takes a step, counted from 1, where it is not who the step before leads to."""
    step, last = one.path[position - 1], one.path[position - 2].leads_to if position > 1 else one.arn
    return short(step.by, account_of(last)) if step.by != last else ""


def remedy(step: Step) -> str:
    """What to change in policies; empty for who is an administrator under a condition."""
    path = in_catalogue(step)
    if path is None:
        return ""
    return path.another.remedy if path.another is not None and on_another(step) else path.remedy


def standings(found: Iterable[Standing]) -> list[Standing]:
    """Accounts that cannot be administered without root first, then those of which it is not known."""
    return sorted(found, key=lambda one: (False, None, True).index(one.has_administrator))


def standing(one: Standing) -> str:
    """Whether an account can be administered without its root user, in a line."""
    if one.has_administrator is None:
        return f"not known: {one.reason}"
    if not one.has_administrator:
        return f"none: {one.reason}"
    first, more = one.by[0], len(one.by) - 1
    return f"{first.arn}, {_DOORS[first.through]} {first.who}" + (f", and {more} more" if more else "")


_DOORS: Final = {
    Door.IDENTITY_CENTER: "through",
    Door.SAML_PROVIDER: "through",
    Door.FEDERATED_ROLE: "taken by",
    Door.MFA: "taken with MFA by",
}
