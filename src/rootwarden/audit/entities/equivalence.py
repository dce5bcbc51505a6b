"""`RootEquivalence` of users and roles, and `AdministratorIdentity` of the account: judged when a rule first asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.audit.root_equivalents import Bureau, credentials_in
from rootwarden.facts.fact import Absent, Known, Unknown, Why

if TYPE_CHECKING:
    from rootwarden.audit.entities.record import Record
    from rootwarden.audit.entities.view import View
    from rootwarden.audit.root_equivalents import RootEquivalents
    from rootwarden.facts.fact import Fact
    from rootwarden.iam.admins.verdict import PrincipalVerdict


def root_equivalence(view: View, arn: str) -> Fact[object]:
    """Whether a user or role of the account is as good as root."""
    judged = view.once("root equivalence", _judged)
    if not isinstance(judged, Known):
        return judged
    found, by_arn = judged.value
    verdict = by_arn.get(arn)
    if verdict is None:
        return Unknown("the authorization details do not list it", Why.CONFLICTING)
    return Known(_record(verdict), judged.sources, "; ".join(found.notes))


def administrator_identity(view: View) -> Fact[object]:
    """Whether the account can be administered without its root user."""
    judged = view.once("root equivalence", _judged)
    if not isinstance(judged, Known):
        return judged
    found, _ = judged.value
    standing = found.administrators[0]
    present: Fact[bool] = (
        Unknown(standing.reason, Why.NOT_COLLECTED, "", judged.sources)
        if standing.has_administrator is None
        else Known(standing.has_administrator, judged.sources, standing.reason)
    )
    roles = tuple(dict.fromkeys(one.arn for one in standing.by))
    record: Record = {"Present": present, "Roles": _texts(roles)}
    return Known(record, judged.sources)


def _judged(view: View) -> Fact[tuple[RootEquivalents, dict[str, PrincipalVerdict]]]:
    """Everybody of the account, judged once."""
    account = view.account
    details, report = account.inventory.details, account.inventory.report
    if not isinstance(details, Known):
        if isinstance(details, Absent):
            return Unknown("there are no authorization details", Why.NOT_COLLECTED)
        return details
    bureau = Bureau(view.organization)
    credentials = credentials_in(report.value) if isinstance(report, Known) else {}
    household = bureau.household(account.id, account.partition, details.value, credentials)
    found = bureau.judged((household,), None)
    return Known((found, {one.arn: one for one in found.principals}), details.sources)


def _record(verdict: PrincipalVerdict) -> Record:
    requires = dict.fromkeys(one for step in verdict.path for one in step.requires)
    return {
        "Class": Known(verdict.kind.value),
        "PathIds": _texts(tuple(step.id for step in verdict.path)),
        "Requires": _texts(tuple(requires)),
    }


def _texts(texts: tuple[str, ...]) -> Fact[object]:
    return Known(tuple({"value": Known(one)} for one in texts))
