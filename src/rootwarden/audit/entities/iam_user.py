"""`IAMUser`: a row of the credential report joined with the authorization details and the virtual MFA devices.

The report has root, passwords and keys, and is up to four hours old; the details have policies, groups and tags, and
are of now. Who is in one of them only was made or deleted in between: what the other would tell is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.audit.entities.equivalence import root_equivalence
from rootwarden.audit.entities.principals import boundary, named_groups, principal_policies, tags
from rootwarden.audit.entities.record import Resource, date, text
from rootwarden.audit.entities.root_user import access_keys, may_be_there, mfa_devices, virtual_device
from rootwarden.audit.entities.view import View
from rootwarden.facts import derive
from rootwarden.facts.credential_report import CALL, ROOT_USER_NAME, CredentialReportRow
from rootwarden.facts.fact import Absent, Fact, Known, Unknown, Why, transform, unlisted
from rootwarden.facts.instant import format_instant
from rootwarden.facts.principals import UserDetail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.audit.entities.record import Listing, Record, Table
    from rootwarden.facts.inventory import OwnedDevice
    from rootwarden.facts.root_user import MfaDevice


class User(msgspec.Struct, frozen=True, eq=False):
    """What is known of one user, by where it was seen."""

    view: View
    row: Fact[CredentialReportRow]
    detail: Fact[UserDetail]

    @property
    def is_root(self) -> bool:
        """Whether it is the root user, which only the report has."""
        return isinstance(self.row, Known) and (self.row.value.is_root or self.row.value.user == ROOT_USER_NAME)


def users(view: View) -> Listing:
    """Every user either source has; where the report is missing, an unknown element stands for root and any others."""
    inventory = view.account.inventory
    report, details = inventory.report, inventory.details
    if not isinstance(report, Known):
        missing = report if isinstance(report, Unknown) else Unknown("there is no credential report", Why.FAILED)
        if not isinstance(details, Known):
            return derive.explained(missing, details)
        known = tuple(_unreported(view, each, missing) for each in details.value.users)
        return Known((*known, unlisted(missing)), details.sources)
    return Known(tuple(_joined(view, report.value)), (*report.sources, *details.sources))


def _joined(view: View, rows: tuple[CredentialReportRow, ...]) -> Iterator[Resource | Unknown]:
    details = view.account.inventory.details
    by_arn = {each.arn: each for each in details.value.users} if isinstance(details, Known) else {}
    for row in rows:
        if row.is_cut:
            yield unlisted(Unknown("a row of the credential report is cut", Why.MALFORMED, CALL, (row.source,)))
            continue
        detail: Fact[UserDetail] = details if not isinstance(details, Known) else _GONE
        found = by_arn.pop(row.arn, None)
        if found is not None:
            detail = Known(found, details.sources)
        user = User(view, Known(row, (row.source,)), detail)
        yield Resource(row.arn, user, USER, sources=(row.source,))
    reason = f"the credential report{_made(view)} does not list the user, who is newer"
    for each in by_arn.values():
        yield _unreported(view, each, Unknown(reason, Why.CONFLICTING, "", (rows[0].source,) if rows else ()))


_GONE = Unknown("the authorization details do not list the user, who was deleted since the report", Why.CONFLICTING)


def _unreported(view: View, detail: UserDetail, missing: Unknown) -> Resource:
    sources = view.account.inventory.details.sources
    return Resource(detail.arn, User(view, missing, Known(detail, sources)), USER, sources=sources)


def _made(view: View) -> str:
    made = view.account.report_generated_at
    return f" of {format_instant(made.value)}" if isinstance(made, Known) else ""


def _told(user: User, read: Callable[[CredentialReportRow], Fact[object]]) -> Fact[object]:
    """An attribute only the report has."""
    return read(user.row.value) if isinstance(user.row, Known) else user.row


def _detailed(user: User, read: Callable[[UserDetail], Fact[object]], *, root: Fact[object]) -> Fact[object]:
    """An attribute only the details have; `root` is what it is for root, who is not in them."""
    if user.is_root:
        return root
    if not isinstance(user.detail, Known):
        return user.detail
    found = read(user.detail.value)
    return Known(found.value, user.detail.sources) if isinstance(found, Known) and not found.sources else found


def _either(user: User, row: Callable[[CredentialReportRow], object], detail: Callable[[UserDetail], object]) -> object:
    """What both have, from the report where that has the user."""
    if isinstance(user.row, Known):
        return row(user.row.value)
    return detail(user.detail.value) if isinstance(user.detail, Known) else ""


def _created(user: User) -> Fact[object]:
    if isinstance(user.row, Known):
        return date(user.row.value.instant("user_creation_time"))
    return date(user.detail.value.created) if isinstance(user.detail, Known) else user.row


def _mfa_active(user: User) -> Fact[object]:
    if user.is_root:
        return user.view.account.root.mfa_active
    return _told(user, lambda row: row.boolean("mfa_active"))


def _devices(user: User) -> Fact[object]:
    if user.is_root:
        whole = mfa_devices(user.view.account.root)
        return Known({name: whole[name] for name in ("Virtual", "Physical")})
    return Known({"Virtual": _virtual(user), "Physical": _physical(user)})


def _virtual(user: User) -> Fact[object]:
    arn = _either(user, lambda row: row.arn, lambda detail: detail.arn)
    owned = user.view.once("virtual devices by owner", _by_owner)
    return transform(owned, lambda devices: tuple(virtual_device(each) for each in devices.get(str(arn), ())))


def _by_owner(view: View) -> Fact[dict[str, list[MfaDevice]]]:
    def group(all_: tuple[OwnedDevice, ...]) -> dict[str, list[MfaDevice]]:
        owned: dict[str, list[MfaDevice]] = {}
        for each in all_:
            owned.setdefault(each.owner, []).append(each.device)
        return owned

    return transform(view.account.inventory.virtual_devices, group)


def _physical(user: User) -> Fact[object]:
    """None where MFA is off; else only a call for each user would tell."""
    active = _mfa_active(user)
    if isinstance(active, Known) and active.value is False:
        return Known((), active.sources, "deduced: MFA is off")
    return Unknown("physical devices of users are not collected: only a call for each user tells", Why.NOT_COLLECTED)


def _password(user: User) -> Fact[object]:
    def read(row: CredentialReportRow) -> Fact[object]:
        root = user.view.account.root.password
        record: Record = {
            "Enabled": root.present if user.is_root else row.boolean("password_enabled"),
            "LastUsedTime": date(root.last_used if user.is_root else row.instant("password_last_used")),
            "LastChangedTime": date(root.last_changed if user.is_root else row.instant("password_last_changed")),
            "NextRotationTime": date(row.instant("password_next_rotation")),
        }
        return Known(record, (row.source,))

    return _told(user, read)


def _keys(user: User) -> Fact[object]:
    if user.is_root:
        return access_keys(user.view.account)
    return _told(user, lambda row: _places(row, _key))


def _certificates(user: User) -> Fact[object]:
    return _told(user, lambda row: _places(row, _certificate))


def _places(row: CredentialReportRow, read: Callable[[CredentialReportRow, int], Record]) -> Fact[object]:
    places = (read(row, number) for number in (1, 2))
    return Known(tuple(may_be_there(each) for each in places if not _empty(each)), (row.source,))


def _key(row: CredentialReportRow, number: int) -> Record:
    column = f"access_key_{number}"
    return {
        "Active": row.boolean(f"{column}_active"),
        "LastRotatedTime": date(row.instant(f"{column}_last_rotated")),
        "LastUsedTime": date(row.instant(f"{column}_last_used_date")),
        "LastUsedRegion": row.text(f"{column}_last_used_region"),
        "LastUsedService": row.text(f"{column}_last_used_service"),
    }


def _certificate(row: CredentialReportRow, number: int) -> Record:
    return {
        "Active": row.boolean(f"cert_{number}_active"),
        "LastRotatedTime": date(row.instant(f"cert_{number}_last_rotated")),
    }


def _empty(place: Record) -> bool:
    """Whether a place for a key or certificate is empty: not active, and no date left in it."""
    active = place["Active"]
    dates = (fact for name, fact in place.items() if name.endswith("Time"))
    return isinstance(active, Known) and not active.value and all(isinstance(each, Absent) for each in dates)


_NOBODY = "root has no policies, groups or tags: IAM attaches none to it"
_NONE: Fact[object] = Known((), (), _NOBODY)
_NO_POLICIES: Fact[object] = Known({"Managed": _NONE, "Inline": _NONE}, (), _NOBODY)
USER: Table[User] = {
    "id": lambda each: _detailed(each, lambda detail: text(detail.id), root=each.view.id()),
    "Name": lambda each: Known(_either(each, lambda row: row.user, lambda detail: detail.name)),
    "Arn": lambda each: Known(_either(each, lambda row: row.arn, lambda detail: detail.arn)),
    "Path": lambda each: _detailed(each, lambda detail: Known(detail.path), root=Known("/")),
    "AccountName": lambda each: each.view.name(),
    "AccountId": lambda each: each.view.id(),
    "Tags": lambda each: _detailed(each, lambda detail: tags(detail.tags), root=_NONE),
    "CreationDate": _created,
    "RootUser": lambda each: Known(each.is_root),
    "MFAActive": _mfa_active,
    "MFADevices": _devices,
    "Password": _password,
    "AccessKey": _keys,
    "SigningCertificates": _certificates,
    "Policies": lambda each: _detailed(
        each, lambda detail: principal_policies(each.view, detail.attached, detail.inline), root=_NO_POLICIES
    ),
    "PermissionsBoundary": lambda each: _detailed(
        each, lambda detail: boundary(each.view, detail.boundary), root=Absent()
    ),
    "Groups": lambda each: _detailed(each, lambda detail: named_groups(each.view, detail.groups), root=_NONE),
    "RootEquivalence": lambda each: _detailed(
        each, lambda detail: root_equivalence(each.view, detail.arn), root=Absent((), _NOBODY)
    ),
}
