"""AWS answers about the root user → facts.

Three ways to look, of which any may be missing: the account summary (flags, never cached), the credential report
(dates, up to four hours old) and an AssumeRoot audit session (the exact lists). Where they disagree the fresher wins.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from rootwarden.collect import files, read
from rootwarden.collect.root_devices import device_count, read_devices
from rootwarden.errors import InputError
from rootwarden.facts import derive
from rootwarden.facts.credential_report import (
    CALL,
    EXPORT_AGAIN,
    LOOK_AGAIN,
    OLD_REPORT,
    CredentialReportRow,
    parse_credential_report,
    root_row,
)
from rootwarden.facts.declarations import declared
from rootwarden.facts.fact import Absent, Fact, Known, Source, Unknown, Why
from rootwarden.facts.instant import parse_instant
from rootwarden.facts.root_user import AccessKey, Password, RootUser

if TYPE_CHECKING:
    from rootwarden.aws.calls import JsonObject
    from rootwarden.collect.answers import Answers
    from rootwarden.facts.declarations import Declaration

_SUMMARY = "iam:GetAccountSummary"
_LIFETIME = timedelta(hours=4)  # of a credential report
_FLAGS = (
    "AccountMFAEnabled",
    "AccountPasswordPresent",
    "AccountAccessKeysPresent",
    "AccountSigningCertificatesPresent",
)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The credential report of an account: all rows, the root row, and when AWS made it."""

    rows: Fact[tuple[CredentialReportRow, ...]]
    root: Fact[CredentialReportRow]
    generated_at: Fact[datetime]


def read_report(answers: Answers) -> Report:
    """Decode GetCredentialReport's answer; a report of another account is refused as evidence."""
    answer = answers.answer(files.CREDENTIAL_REPORT)
    if not isinstance(answer, Known):
        missing = answer if isinstance(answer, Unknown) else Unknown("there is no credential report", Why.FAILED, CALL)
        return Report(rows=missing, root=missing, generated_at=missing)
    asked = answer.sources[0]
    generated_at = read.instant_or_none(answer.value.get("GeneratedTime"))
    source = Source(call=CALL, account=asked.account, observed_at=generated_at)
    rows = _rows(answer.value, source)
    root = root_row(rows.value) if isinstance(rows, Known) else rows
    if isinstance(root, Known) and _account_of(root.value.arn) != answers.account:
        other = _account_of(root.value.arn) or "no account"
        root = Unknown(f"the credential report is of {other}, not of this account", Why.CONFLICTING, CALL, (source,))
        rows = root
    stranger = (
        next((row for row in rows.value if not _is_of(row, answers.account)), None) if isinstance(rows, Known) else None
    )
    if stranger is not None:
        reason = f"the credential report names `{stranger.arn[:80]}`, who is not of this account"
        root = rows = Unknown(reason, Why.CONFLICTING, CALL, (source,))
    unknown = Unknown("the evidence does not tell when the credential report was generated", sources=(source,))
    return Report(
        rows=rows,
        root=root,
        generated_at=Known(generated_at, (source,)) if generated_at else unknown,
    )


def _is_of(row: CredentialReportRow, account: str) -> bool:
    """Whether a row is not known to be of another account."""
    return row.is_cut or _account_of(row.arn) in ("", account)


def root_user(
    answers: Answers, report: Report, declarations: Fact[tuple[Declaration, ...]], *, as_of: datetime
) -> RootUser:
    """All facts of the root user of one account."""
    arn = f"arn:{answers.partition}:iam::{answers.account}:root"
    summary = answers.answer(files.ACCOUNT_SUMMARY)
    flagged = derive.fresher(
        read.flag(summary, "AccountMFAEnabled"), _boolean(report, "mfa_active"), what="MFA of root"
    )
    devices = read_devices(answers, arn, flagged)
    number = declared(declarations, answers.account, "root-mfa-devices", as_of)
    keys = _access_keys(answers, report)
    password = _password(answers, report, declarations, as_of=as_of)
    keys_present = _keys_present(answers, read.flag(summary, "AccountAccessKeysPresent"), keys)
    certificates, active_certificates = _certificates(answers, report, summary)
    return RootUser(
        arn=arn,
        created=_created(answers, report),
        mfa_active=devices.active,
        mfa_device_count=device_count(devices, _declared_number(number)),
        virtual_mfa_devices=devices.virtual,
        other_mfa_devices=devices.other,
        vaulted_totp=_declared_flag(declared(declarations, answers.account, "root-vaulted-totp", as_of)),
        password=password,
        access_keys_present=keys_present,
        access_keys=keys,
        signing_certificates_present=certificates,
        active_signing_certificates_present=active_certificates,
        last_used=_last_used(password, keys),
        report_generated=_seen_until(report, as_of),
        used_since_report=_used_since(answers, report, as_of=as_of),
        credentials_present=derive.any_true(password.present, keys_present, certificates, devices.present),
    )


def _rows(document: JsonObject, source: Source) -> Fact[tuple[CredentialReportRow, ...]]:
    content = document.get("Content")
    if not isinstance(content, str):
        return read.malformed("`Content`", (source,))
    try:
        rows = parse_credential_report(base64.b64decode(content, validate=True), source)
    except (binascii.Error, ValueError):
        return read.malformed("`Content` (not base64)", (source,))
    except InputError as error:
        return Unknown(error.message, Why.MALFORMED, CALL, (source,))
    return Known(rows, (source,))


def summary_flags(answers: Answers) -> tuple[Fact[bool], ...]:
    """Every flag about root in GetAccountSummary's answer, as it stands there."""
    return tuple(read.flag(answers.answer(files.ACCOUNT_SUMMARY), name) for name in _FLAGS)


def _account_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""  # noqa: PLR2004 - arn:partition:service:region:account:resource


def _boolean(report: Report, column: str) -> Fact[bool]:
    return report.root.value.boolean(column) if isinstance(report.root, Known) else _unknown(report.root)


def _instant(report: Report, column: str) -> Fact[datetime]:
    return report.root.value.instant(column) if isinstance(report.root, Known) else _unknown(report.root)


def _text(report: Report, column: str) -> Fact[str]:
    return report.root.value.text(column) if isinstance(report.root, Known) else _unknown(report.root)


def _unknown(fact: Absent | Unknown) -> Unknown:
    return (
        fact if isinstance(fact, Unknown) else Unknown("there is no credential report", Why.FAILED, CALL, fact.sources)
    )


def _created(answers: Answers, report: Report) -> Fact[datetime]:
    created = _instant(report, "user_creation_time")
    if isinstance(created, Known):
        return created
    user = read.record(answers.answer(files.ROOT_USER), "User")
    if isinstance(user, Known):
        return read.instant(user.value.get("CreateDate"), user.sources, "CreateDate")
    return derive.explained(created, user)


def _password(
    answers: Answers, report: Report, declarations: Fact[tuple[Declaration, ...]], *, as_of: datetime
) -> Password:
    summary = read.flag(answers.answer(files.ACCOUNT_SUMMARY), "AccountPasswordPresent")
    reported = derive.fresher(summary, _boolean(report, "password_enabled"), what="root password")
    profile = answers.answer(files.ROOT_LOGIN_PROFILE)
    seen: Fact[bool] = (
        Known(isinstance(profile, Known), profile.sources) if not isinstance(profile, Unknown) else profile
    )
    present = derive.password_present(
        derive.exact_or(seen, reported, what="root password"), partition=answers.partition, as_of=as_of
    )
    changed = _declared_instant(declared(declarations, answers.account, "root-password-changed", as_of))
    days = _rotation_days(answers.account, declarations, as_of=as_of)
    return Password(
        present=present,
        last_used=_password_last_used(answers, report),
        last_changed=changed,
        rotation_days=days,
        rotation_due=derive.rotation_due(changed, days),
    )


def _rotation_days(account: str, declarations: Fact[tuple[Declaration, ...]], *, as_of: datetime) -> Fact[int]:
    """The declared schedule; absent when declarations were given and none of them names one."""
    name = "root-password-rotation-days"
    if isinstance(declarations, Known) and not any(each.fact == name for each in declarations.value):
        return Absent((), "no rotation schedule is declared")
    return _declared_number(declared(declarations, account, name, as_of))


def _password_last_used(answers: Answers, report: Report) -> Fact[datetime]:
    reported = _instant(report, "password_last_used")
    user = read.record(answers.answer(files.ROOT_USER), "User")
    if not isinstance(user, Known):
        return derive.explained(reported, user)
    seen = read.instant(user.value.get("PasswordLastUsed"), user.sources, "PasswordLastUsed")
    return derive.fresher(seen, reported, what="last use of the root password")


def _access_keys(answers: Answers, report: Report) -> Fact[tuple[AccessKey, ...]]:
    """The keys as the audit session lists them, else as the report shows them.

    The report has two places for keys and cannot tell an inactive key from none, except where a date is left in it:
    a place that is not active and has no date gives no key here.
    """
    listed = read.records(answers.answer(files.ROOT_ACCESS_KEYS), "AccessKeyMetadata")
    if isinstance(listed, Known):
        return Known(tuple(_listed_key(answers, each, listed.sources) for each in listed.value), listed.sources)
    if not isinstance(report.root, Known):
        return derive.explained(_unknown(report.root), listed)
    places = [_reported_key(report, number) for number in (1, 2)]
    keys = tuple(key for key in places if not _empty(key))
    return Known(keys, report.root.sources)


def _empty(key: AccessKey) -> bool:
    inactive = isinstance(key.active, Known) and not key.active.value
    return inactive and isinstance(key.last_rotated, Absent) and isinstance(key.last_used, Absent)


def _reported_key(report: Report, number: int) -> AccessKey:
    column = f"access_key_{number}"
    return AccessKey(
        active=_boolean(report, f"{column}_active"),
        last_rotated=_instant(report, f"{column}_last_rotated"),
        last_used=_instant(report, f"{column}_last_used_date"),
        last_used_region=_text(report, f"{column}_last_used_region"),
        last_used_service=_text(report, f"{column}_last_used_service"),
    )


def _listed_key(answers: Answers, metadata: JsonObject, sources: tuple[Source, ...]) -> AccessKey:
    key_id = metadata.get("AccessKeyId")
    name = key_id if isinstance(key_id, str) else ""
    active = read.active(metadata, sources)
    used = read.record(answers.answer(files.resource_file("root-access-key-last-used", name)), "AccessKeyLastUsed")
    last_used: Fact[datetime] = _unknown(used) if not isinstance(used, Known) else Absent(used.sources)
    if isinstance(used, Known):
        last_used = read.instant(used.value.get("LastUsedDate"), used.sources, "LastUsedDate")
    return AccessKey(
        key_id=name,
        active=active,
        last_rotated=read.instant(metadata.get("CreateDate"), sources, "CreateDate"),
        last_used=last_used,
        last_used_region=read.text(used, "Region"),
        last_used_service=read.text(used, "ServiceName"),
    )


def _keys_present(answers: Answers, summary: Fact[bool], keys: Fact[tuple[AccessKey, ...]]) -> Fact[bool]:
    """Any key, active or not; the report alone can prove a key but not that there is none."""
    if not isinstance(keys, Known):
        return derive.explained(summary, keys)
    listed = answers.answer(files.ROOT_ACCESS_KEYS)
    shown = Known(bool(keys.value), keys.sources)
    if isinstance(listed, Known):
        return derive.fresher(shown, summary, what="access keys of root")
    proven = derive.any_true(*(key.active if _shows(key) else Known(True, keys.sources) for key in keys.value))
    if isinstance(proven, Known) and proven.value:
        return derive.fresher(summary, proven, what="access keys of root")
    if isinstance(summary, Unknown):
        reason = "the credential report shows no active key of root and cannot show an inactive one"
        return derive.explained(derive.not_shown(summary, reason, keys.sources, permission=_SUMMARY), listed)
    if isinstance(summary, Known) and summary.value and not keys.value:
        note = "the credential report shows no key: it is inactive, or was made after the report"
        return Known(True, summary.sources + keys.sources, note)
    return summary


def _shows(key: AccessKey) -> bool:
    """True when only `active` can tell whether this place of the report holds a key."""
    return not (isinstance(key.last_rotated, Known) or isinstance(key.last_used, Known))


def _certificates(answers: Answers, report: Report, summary: Fact[JsonObject]) -> tuple[Fact[bool], Fact[bool]]:
    """(any certificate, any active one): no certificate at all means no active one either."""
    listed = read.records(answers.answer(files.ROOT_SIGNING_CERTIFICATES), "Certificates")
    if isinstance(listed, Known):
        states = [read.active(each, listed.sources) for each in listed.value]
        return Known(bool(states), listed.sources), derive.any_true(Known(False, listed.sources), *states)
    flagged = read.flag(summary, "AccountSigningCertificatesPresent")
    reported = derive.any_true(_boolean(report, "cert_1_active"), _boolean(report, "cert_2_active"))
    if isinstance(reported, Known) and reported.value:
        present = derive.fresher(flagged, reported, what="signing certificates of root")
        return present, present
    if isinstance(flagged, Known):
        return flagged, derive.explained(_inactive_certificate(reported), listed) if flagged.value else flagged
    reason = "the credential report shows no active signing certificate of root and cannot show an inactive one"
    any_certificate: Fact[bool] = flagged
    if isinstance(reported, Known) and isinstance(flagged, Unknown):
        any_certificate = derive.not_shown(flagged, reason, reported.sources, permission=_SUMMARY)
    return derive.explained(any_certificate, reported, listed), derive.explained(reported, flagged, listed)


def _inactive_certificate(reported: Fact[bool]) -> Fact[bool]:
    """What the report says of active certificates, where the summary knows that there is one."""
    if not isinstance(reported, Known):
        return reported
    note = "root has a signing certificate, and the credential report shows none active"
    return Known(reported.value, reported.sources, note)


def _seen_until(report: Report, as_of: datetime) -> Fact[datetime]:
    """When the credential report was made; evidence that does not tell is taken at its word, as of the audit."""
    if isinstance(report.generated_at, Known):
        return report.generated_at
    if isinstance(report.root, Known):
        return Known(as_of, report.root.sources, "the evidence does not tell when the credential report was made")
    return _unknown(report.root)


def _used_since(answers: Answers, report: Report, *, as_of: datetime) -> Fact[bool]:
    """Whether root was used after the report was made: an AssumeRoot audit looks now, a report cannot tell.

    What to do about a report that is too old depends on what came of having a new one made.
    """
    user = answers.answer(files.ROOT_USER)
    if isinstance(user, Known):
        return Known(False, user.sources, "last-used dates were read directly")
    if not isinstance(report.root, Known):
        return derive.explained(_unknown(report.root), user)
    made = answers.answer(files.REPORT_GENERATION)
    return derive.explained(_nothing_newer(made, report.root.sources, as_of=as_of), user)


def _nothing_newer(made: Fact[JsonObject], sources: tuple[Source, ...], *, as_of: datetime) -> Unknown:
    """Why there is no newer report.

    AWS makes a report at most every four hours, and until then gives the one it has (IAM User Guide, "Getting
    credential reports"). What was asked for longer before the audit's instant stands in old evidence.
    """
    asked = made.sources[0].observed_at if isinstance(made, Known) else None
    if asked is not None and asked >= as_of - _LIFETIME:
        reason = f"{OLD_REPORT}, and AWS gave no newer one though asked to make it: {LOOK_AGAIN}"
        return Unknown(reason, Why.NOT_SUPPORTED, "", sources + made.sources)
    if isinstance(made, Unknown) and made.why is not Why.NOT_COLLECTED:
        return derive.not_shown(made, OLD_REPORT, sources)
    return Unknown(f"{OLD_REPORT}: {EXPORT_AGAIN}", Why.NOT_COLLECTED, "", sources)


def _last_used(password: Password, keys: Fact[tuple[AccessKey, ...]]) -> Fact[datetime]:
    if not isinstance(keys, Known):
        return derive.explained(_unknown(keys), password.last_used)
    return derive.latest(password.last_used, *(key.last_used for key in keys.value))


def _declared_flag(fact: Fact[str | int | bool | list[str]]) -> Fact[bool]:
    if not isinstance(fact, Known):
        return fact
    return Known(fact.value, fact.sources) if isinstance(fact.value, bool) else _wrong(fact, "true or false")


def _declared_number(fact: Fact[str | int | bool | list[str]]) -> Fact[int]:
    if not isinstance(fact, Known):
        return fact
    whole = isinstance(fact.value, int) and not isinstance(fact.value, bool) and fact.value >= 0
    return Known(int(str(fact.value)), fact.sources) if whole else _wrong(fact, "a whole number")


def _declared_instant(fact: Fact[str | int | bool | list[str]]) -> Fact[datetime]:
    if not isinstance(fact, Known):
        return fact
    parsed = parse_instant(fact.value) if isinstance(fact.value, str) else None
    return Known(parsed, fact.sources) if parsed else _wrong(fact, "an instant such as 2026-03-02T12:00:00Z")


def _wrong(fact: Known[str | int | bool | list[str]], expected: str) -> Unknown:
    by = fact.sources[0].call if fact.sources else "a declaration"
    return Unknown(f"the value {by} is not {expected}", Why.MALFORMED, "", fact.sources)
