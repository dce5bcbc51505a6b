"""Answers about one account, and what is known of its organization → the facts of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.collect import files, read
from rootwarden.collect.assets import read_assets
from rootwarden.collect.inventory import read_inventory
from rootwarden.collect.root_user import read_report, root_user
from rootwarden.facts import derive
from rootwarden.facts.account import Account
from rootwarden.facts.contacts import Contact, Contacts
from rootwarden.facts.declarations import declared
from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.facts.organization import Position
from rootwarden.guardrails.sign_in_policy import fences_root

if TYPE_CHECKING:
    from rootwarden.aws.calls import JsonObject
    from rootwarden.collect.answers import Answers
    from rootwarden.collect.surroundings import Surroundings
    from rootwarden.facts.account import Guardrail, UsageAlarm
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.monitoring import Monitoring

_NOT_WATCHED = Unknown("no selected rule reads it")


def read_account(
    answers: Answers,
    around: Surroundings,
    *,
    usage_alarm: UsageAlarm,
    guardrail: Guardrail,
    watching: Fact[Monitoring] = _NOT_WATCHED,
    elsewhere: tuple[Monitoring, ...] = (),
) -> Account:
    """All facts of one account.

    Args:
        answers: What was answered about it.
        around: What is the same for every account.
        usage_alarm: Whether a root event of this account reaches a person.
        guardrail: What the SCPs on its path deny its root user.
        watching: What watches the account, when a rule reads that.
        elsewhere: What watches the accounts whose trails or log groups serve it.
    """
    report = read_report(answers)
    place = position(answers, around)
    present, fences = _sign_in(answers)
    return Account(
        id=answers.account,
        partition=answers.partition,
        name=_listed(answers.account, around, "name"),
        email=_listed(answers.account, around, "email"),
        position=place,
        unit_path=_unit_path(answers.account, around),
        root=root_user(answers, report, around.declarations, as_of=around.as_of),
        report_generated_at=report.generated_at,
        contacts=read_contacts(answers),
        usage_alarm=usage_alarm,
        guardrail=guardrail,
        sign_in_policy_present=present,
        fences_root_sign_in=fences,
        declared_email_domains=_domains(answers.account, around),
        root_credentials_management=around.organization.root_credentials_management,
        root_sessions=around.organization.root_sessions,
        tags=_tags(answers),
        assets=read_assets(answers, around.parts),
        inventory=read_inventory(answers, around.parts, report=report.rows, watching=watching, elsewhere=elsewhere),
    )


def position(answers: Answers, around: Surroundings) -> Fact[Position]:
    """Where the account stands: management, member or standalone."""
    organization = around.organization
    manager = organization.management_account
    if isinstance(manager, Known):
        if manager.value == answers.account:
            return Known(Position.MANAGEMENT, manager.sources)
        known = isinstance(organization.accounts, Known)
        if known and answers.account not in around.listed:
            return Unknown("the account is not in the organization's list of accounts", Why.CONFLICTING)
        return Known(Position.MEMBER, manager.sources)
    if isinstance(organization.id, Absent):
        return Known(Position.STANDALONE, organization.id.sources)
    own = answers.answer(files.ORGANIZATION)
    if isinstance(own, Absent):
        return Known(Position.STANDALONE, own.sources)
    unnamed = Unknown("DescribeOrganization named no management account")
    return derive.explained(manager if isinstance(manager, Unknown) else unnamed, own)


def read_contacts(answers: Answers) -> Contacts:
    """The four contacts of an account."""
    return Contacts(
        primary=_primary(answers.answer(files.CONTACT_INFORMATION)),
        billing=_alternate(answers.answer(files.alternate_contact("billing"))),
        operations=_alternate(answers.answer(files.alternate_contact("operations"))),
        security=_alternate(answers.answer(files.alternate_contact("security"))),
    )


def _primary(answer: Fact[JsonObject]) -> Fact[Contact]:
    document = read.record(answer, "ContactInformation")
    if not isinstance(document, Known):
        return document
    said = {name: _string(document.value, name) for name in ("FullName", "CompanyName", "PhoneNumber")}
    return Known(
        Contact(name=said["FullName"], company=said["CompanyName"], phone_number=said["PhoneNumber"]), document.sources
    )


def _alternate(answer: Fact[JsonObject]) -> Fact[Contact]:
    document = read.record(answer, "AlternateContact")
    if not isinstance(document, Known):
        return document
    said = {name: _string(document.value, name) for name in ("Name", "Title", "EmailAddress", "PhoneNumber")}
    return Known(
        Contact(
            name=said["Name"],
            title=said["Title"],
            email_address=said["EmailAddress"],
            phone_number=said["PhoneNumber"],
        ),
        document.sources,
    )


def _string(document: JsonObject, name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""


def _listed(account: str, around: Surroundings, field: str) -> Fact[str]:
    accounts = around.organization.accounts
    if isinstance(accounts, Unknown):
        return accounts
    entry = around.listed.get(account)
    if isinstance(accounts, Absent) or entry is None:
        return Unknown(
            f"the account's {field} is in no list of accounts", Why.NOT_COLLECTED, "organizations:ListAccounts"
        )
    value: str = getattr(entry, field)
    if not value and field == "email":
        return read.malformed("`Email` of the account", accounts.sources)
    return Known(value, accounts.sources) if value else Absent(accounts.sources)


def _unit_path(account: str, around: Surroundings) -> Fact[str]:
    units = around.organization.units
    if not isinstance(units, Known):
        return units
    unit = around.units.get(account)
    return (
        Known(unit.path, units.sources)
        if unit
        else Unknown("the account is in no organizational unit we saw, or in several")
    )


def _sign_in(answers: Answers) -> tuple[Fact[bool], Fact[bool]]:
    """(there is a Sign-In resource policy, it fences root)."""
    answer = answers.answer(files.SIGN_IN_POLICY)
    policy = read.record(answer, "signinResourceBasedPolicy")
    enabled = answers.answer(files.SIGN_IN_AUTHORIZATION)
    switched: Fact[bool] = enabled if not isinstance(enabled, Known) else _switched_on(enabled)
    statements = read.records(policy, "statement") if isinstance(policy, Known) else policy
    fences = fences_root(statements, switched, account=answers.account, partition=answers.partition)
    present: Fact[bool] = policy if isinstance(policy, Unknown) else Known(isinstance(policy, Known), policy.sources)
    return present, fences


def _switched_on(answer: Known[JsonObject]) -> Fact[bool]:
    value = answer.value.get("consoleAuthorizationEnabled")
    if isinstance(value, bool):
        return Known(value, answer.sources)
    return read.malformed("`consoleAuthorizationEnabled`", answer.sources)


def _domains(account: str, around: Surroundings) -> Fact[tuple[str, ...]]:
    fact = declared(around.declarations, account, "root-email-domains", around.as_of)
    if isinstance(fact, Unknown):
        # Nobody declared any: then this part of the question is not asked (schema: Email.OnDeclaredDomain).
        said = around.declarations
        if isinstance(said, Unknown) and said.why is Why.MALFORMED:
            return said
        return Absent((), "no mail domains are declared")
    if isinstance(fact, Absent):
        return fact
    if isinstance(fact.value, list):
        return Known(tuple(name.casefold() for name in fact.value), fact.sources)
    return Unknown("the declared mail domains are not a list", Why.MALFORMED, "", fact.sources)


def _tags(answers: Answers) -> Fact[dict[str, str]]:
    listed = read.records(answers.answer(files.TAGS), "Tags")
    if not isinstance(listed, Known):
        return listed
    return Known({_string(each, "Key"): _string(each, "Value") for each in listed.value}, listed.sources)
