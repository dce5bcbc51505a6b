"""Fifteen root rules written by hand: what a programmer would write instead of the rule language, without reasons.

Each takes the facts of one root user and the instant in epoch seconds, and gives the verdict as the rule of the same id
gives it, three truth values included; none says why. `rule_language.py` holds both against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import re2

from rootwarden import packs
from rootwarden.facts.fact import Known, Unknown
from rootwarden.rules.parser import parse
from rootwarden.rules.syntax import And, Comparison, Literal, Membership, Not, Operator, Or

if TYPE_CHECKING:
    from collections.abc import Callable

Truth: TypeAlias = bool | None
Facts: TypeAlias = Mapping[str, Any]
DAY = 86_400
UNKNOWN = object()


def read(facts: Facts, *names: str) -> Any:
    """The value, `None` when absent, `UNKNOWN` when unknown."""
    for name in names:
        fact = facts[name]
        if isinstance(fact, Unknown):
            return UNKNOWN
        if not isinstance(fact, Known):
            return None
        facts = fact.value
    return facts


def equals(value: Any, wanted: Any) -> Truth:
    return None if value is UNKNOWN else value == wanted


def negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


def both(*truths: Truth) -> Truth:
    return False if False in truths else None if None in truths else True


def either(*truths: Truth) -> Truth:
    return True if True in truths else None if None in truths else False


def recent(value: Any, bound: float) -> Truth:
    return None if value is UNKNOWN else bool(value) and value > bound


def at_least(value: Any, bound: float) -> Truth:
    return None if value is UNKNOWN else value is not None and value >= bound


def filled(value: Any) -> Truth:
    return None if value is UNKNOWN else bool(value)


def verdict(scope: Truth, good: Truth) -> str:
    if scope is False:
        return "not_applicable"
    if scope is None or good is None:
        return "unknown"
    return "pass" if good else "fail"


def exists(facts: Facts) -> Truth:
    return equals(read(facts, "Exists"), True)


def access_key(facts: Facts, _: float) -> str:
    return verdict(exists(facts), negated(equals(read(facts, "AccessKeysPresent"), True)))


def signing_certificate(facts: Facts, _: float) -> str:
    return verdict(exists(facts), negated(equals(read(facts, "ActiveSigningCertificatesPresent"), True)))


def central_management(facts: Facts, _: float) -> str:
    scope = both(exists(facts), equals(read(facts, "Position"), "management"))
    return verdict(scope, equals(read(facts, "Organization", "RootCredentialsManagement"), True))


def contact_distinct(facts: Facts, _: float) -> str:
    few = negated(at_least(read(facts, "Contacts", "Count"), 2))
    if read(facts, "Contacts", "Count") is None:
        few = False
    same = [
        equals(read(facts, "Contacts", name), True) for name in ("SamePerson", "SameEmailAddress", "SamePhoneNumber")
    ]
    return verdict(exists(facts), negated(either(few, *same)))


def contact_primary(facts: Facts, _: float) -> str:
    name, phone = read(facts, "PrimaryContact", "FullName"), read(facts, "PrimaryContact", "PhoneNumber")
    return verdict(exists(facts), both(filled(name), filled(phone)))


def contact_security(facts: Facts, _: float) -> str:
    return verdict(exists(facts), filled(read(facts, "SecurityContact", "EmailAddress")))


def credentials_present(facts: Facts, _: float) -> str:
    member = equals(read(facts, "Position"), "member")
    managed = equals(read(facts, "Organization", "RootCredentialsManagement"), True)
    return verdict(both(exists(facts), member, managed), negated(equals(read(facts, "CredentialsPresent"), True)))


def deny_guardrail(facts: Facts, _: float) -> str:
    scope = both(exists(facts), equals(read(facts, "Position"), "member"))
    return verdict(scope, equals(read(facts, "Guardrail", "DeniesRootKeyCreation"), True))


def can_sign_in(facts: Facts) -> Truth:
    return either(equals(read(facts, "MFAActive"), True), negated(equals(read(facts, "Password", "Enabled"), False)))


def hardware_mfa(facts: Facts, _: float) -> str:
    virtual = read(facts, "MFADevices", "Virtual")
    good = both(equals(read(facts, "MFAActive"), True), negated(filled(virtual)))
    return verdict(both(exists(facts), can_sign_in(facts)), good)


def mfa(facts: Facts, _: float) -> str:
    return verdict(both(exists(facts), can_sign_in(facts)), equals(read(facts, "MFAActive"), True))


def mfa_backup(facts: Facts, _: float) -> str:
    return verdict(both(exists(facts), can_sign_in(facts)), at_least(read(facts, "MFADevices", "Count"), 2))


def password_age(facts: Facts, now: float) -> str:
    off, days = equals(read(facts, "Password", "Enabled"), False), read(facts, "Password", "RotationDays")
    due = read(facts, "Password", "RotationDue")
    late = None if due is UNKNOWN else bool(due) and due < now
    planned = None if days is UNKNOWN else days is not None and days > 0
    return verdict(both(exists(facts), negated(off), planned), negated(late))


def sign_in_policy(facts: Facts, _: float) -> str:
    position = read(facts, "Position")
    own = None if position is UNKNOWN else position in {"management", "standalone"}
    return verdict(both(exists(facts), own), equals(read(facts, "SignInPolicy", "FencesRoot"), True))


def usage(facts: Facts, now: float) -> str:
    bound = now - DAY
    keys = read(facts, "AccessKey")
    by_key = None
    if keys is not UNKNOWN:
        by_key = either(False, *(recent(read(key, "LastUsedTime"), bound) for key in keys or ()))
    since = equals(read(facts, "UsedSinceReport"), True)
    stale = negated(recent(read(facts, "ReportGeneratedTime"), bound))
    used = either(recent(read(facts, "Password", "LastUsedTime"), bound), by_key, both(stale, since))
    young = recent(read(facts, "CreationDate"), now)
    return verdict(both(exists(facts), either(negated(young), used)), negated(used))


def email() -> Callable[[Facts, float], str]:
    """The lists and patterns are data and come from the rule; what is done with them is written here."""
    check = parse(next(rule.check for rule in packs.root_pack() if rule.id == "root-email")).check
    assert isinstance(check, Or)
    listed, first, second, personal, _ = check.conditions
    assert isinstance(listed, Membership)
    assert isinstance(personal, And)
    named, shared = personal.conditions
    assert isinstance(shared, Not)
    assert isinstance(shared.condition, Or)
    domains = {one.value for one in listed.operands if isinstance(one, Literal)}
    by_pattern = [_pattern(one) for one in (first, second)]
    person, functions = _pattern(named), [_pattern(one) for one in shared.condition.conditions]

    def of(facts: Facts, _: float) -> str:
        domain, local = read(facts, "Email", "Domain"), read(facts, "Email", "LocalPart")
        free: Truth = None
        if domain is not UNKNOWN:
            free = domain is not None and (domain in domains or any(one.search(domain) for one in by_pattern))
        personal: Truth = None
        if local is not UNKNOWN:
            personal = (
                local is not None
                and person.search(local) is not None
                and not any(one.search(local) for one in functions)
            )
        elsewhere = equals(read(facts, "Email", "OnDeclaredDomain"), False)
        return verdict(exists(facts), negated(either(free, personal, elsewhere)))

    return of


def _pattern(condition: object) -> Any:
    assert isinstance(condition, Comparison)
    assert condition.operator is Operator.LIKE
    assert isinstance(condition.operand, Literal)
    return re2.compile(str(condition.operand.value))


CHECKS: dict[str, Callable[[Facts, float], str]] = {
    "root-access-key": access_key,
    "root-central-management": central_management,
    "root-contact-distinct": contact_distinct,
    "root-contact-primary": contact_primary,
    "root-contact-security": contact_security,
    "root-credentials-present": credentials_present,
    "root-deny-guardrail": deny_guardrail,
    "root-email": email(),
    "root-hardware-mfa": hardware_mfa,
    "root-mfa": mfa,
    "root-mfa-backup": mfa_backup,
    "root-password-age": password_age,
    "root-sign-in-policy": sign_in_policy,
    "root-signing-certificate": signing_certificate,
    "root-usage": usage,
}
