"""Authorization details and the password policy → facts. What cannot be read is unknown, never empty."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from rootwarden.collect import files, read
from rootwarden.collect.iam_document import document_fact
from rootwarden.collect.principals_wire import DetailsWire, PasswordPolicyWire
from rootwarden.errors import InputError
from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.facts.password_policy import PasswordPolicy
from rootwarden.facts.principals import (
    AttachedPolicy,
    AuthorizationDetails,
    GroupDetail,
    InlinePolicy,
    InstanceProfile,
    ManagedPolicy,
    RoleDetail,
    UserDetail,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.collect.answers import Answers
    from rootwarden.collect.principals_wire import (
        AttachedWire,
        BoundaryWire,
        GroupWire,
        InlineWire,
        PolicyWire,
        RoleWire,
        TagWire,
        UserWire,
    )
    from rootwarden.facts.fact import Fact, Source
    from rootwarden.facts.iam_document import IamDocument

DETAILS = "iam:GetAccountAuthorizationDetails"
POLICY = "iam:GetAccountPasswordPolicy"
T = TypeVar("T")
# `--max-items` of the AWS CLI leaves `NextToken`, `--no-paginate` the answer of AWS itself.
_MORE = ("Marker", "NextToken", "nextToken")
_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


def authorization_details(answers: Answers) -> Fact[AuthorizationDetails]:
    """Everybody in the account and what they may do; unknown when not all was kept, or it is another account's."""
    answer = answers.answer(files.AUTHORIZATION_DETAILS)
    for name in _LISTS:
        listed = read.records(answer, name)
        if not isinstance(listed, Known):
            return listed if isinstance(listed, Unknown) else Unknown("there are no details", Why.FAILED, DETAILS)
    if not isinstance(answer, Known):  # the loop has seen to it
        return answer
    try:
        wire = msgspec.convert(answer.value, DetailsWire)
    except msgspec.ValidationError as error:
        return Unknown(f"`{files.AUTHORIZATION_DETAILS}` cannot be read: {error}", Why.MALFORMED, "", answer.sources)
    wrong = _contradiction(wire, answers.account)
    if wrong:
        return Unknown(wrong, Why.CONFLICTING, "", answer.sources)
    return Known(_details(wire, answer.sources), answer.sources)


def _as_utf8(document: bytes) -> bytes:
    """The text of a file as UTF-8: shells of Windows write UTF-16 and byte order marks."""
    if document.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return document.decode("utf-16").encode()
    return document.removeprefix(codecs.BOM_UTF8)


class SoleDetails(msgspec.Struct, frozen=True):
    """The authorization details of one account from a file of their own.

    Attributes:
        account: Twelve digits.
        details: Everybody in it.
        missing: Lists that are not in the file, though AWS always sends them: what they would name is not known.
    """

    account: str
    details: AuthorizationDetails
    missing: tuple[str, ...] = ()


def details_in(document: bytes, what: str) -> SoleDetails:
    """The authorization details of one account, as the AWS CLI prints them.

    Args:
        document: The file's content.
        what: Its name, for complaints.

    Raises:
        InputError: It is no such answer, is cut, or does not tell whose it is.
    """
    hint = "give the output of `aws iam get-account-authorization-details`"
    try:
        found = msgspec.json.decode(_as_utf8(document), type=dict[str, Any])
        missing = tuple(name for name in _LISTS if found.get(name) is None)
        if len(missing) == len(_LISTS):
            raise InputError(f"`{what}` holds no authorization details", hint=hint)
        wire = msgspec.convert({**found, **{name: [] for name in missing}}, DetailsWire)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"`{what}` cannot be read as authorization details: {error}", hint=hint) from None
    if wire.truncated or any(found.get(token) for token in _MORE):
        hint = "let the AWS CLI fetch every page: leave out `--max-items` and `--no-paginate`"
        raise InputError(f"`{what}` is the first page of authorization details, not all of them", hint=hint)
    arns = [*(one.arn for one in wire.users), *(one.arn for one in wire.roles), *(one.arn for one in wire.groups)]
    account = next((arn.split(":")[4] for arn in arns if arn.count(":") >= 5), "")  # noqa: PLR2004 - an ARN
    wrong = _contradiction(wire, account)
    if wrong or not account:
        raise InputError(f"`{what}` cannot be used: {wrong or 'it names nobody'}", hint="give one file an account")
    return SoleDetails(account, _details(wire, ()), missing)


def _details(wire: DetailsWire, sources: tuple[Source, ...]) -> AuthorizationDetails:
    return AuthorizationDetails(
        users=tuple(_user(one, sources) for one in wire.users),
        groups=tuple(_group(one, sources) for one in wire.groups),
        roles=tuple(_role(one, sources) for one in wire.roles),
        policies=tuple(_policy(one, sources) for one in wire.policies),
    )


def _contradiction(wire: DetailsWire, account: str) -> str:
    """What makes the answer unusable as evidence about the account, or an empty text."""
    ours = [*(one.arn for one in wire.users), *(one.arn for one in wire.groups), *(one.arn for one in wire.roles)]
    arns = [*ours, *(one.arn for one in wire.policies)]
    if len(set(arns)) != len(arns):
        return f"{DETAILS} names `{next(arn for arn in arns if arns.count(arn) > 1)}` twice"
    for arn in ours:
        parts = arn.split(":")
        owner = parts[4] if len(parts) > 5 else ""  # noqa: PLR2004 - arn:partition:service:region:account:resource
        if owner != account:
            return f"the authorization details are of {owner or 'no account'}, not of this account"
    return ""


def _user(wire: UserWire, sources: tuple[Source, ...]) -> UserDetail:
    return UserDetail(
        name=wire.name,
        arn=wire.arn,
        id=wire.id,
        path=wire.path,
        created=read.instant(wire.created, sources, "CreateDate"),
        boundary=_boundary(wire.boundary),
        groups=tuple(wire.groups or ()),
        attached=_attached(wire.attached),
        inline=_inline(wire.inline, sources),
        tags=_tags(wire.tags),
    )


def _group(wire: GroupWire, sources: tuple[Source, ...]) -> GroupDetail:
    return GroupDetail(
        name=wire.name,
        arn=wire.arn,
        id=wire.id,
        path=wire.path,
        created=read.instant(wire.created, sources, "CreateDate"),
        attached=_attached(wire.attached),
        inline=_inline(wire.inline, sources),
    )


def _role(wire: RoleWire, sources: tuple[Source, ...]) -> RoleDetail:
    untold = Unknown("`RoleLastUsed` is missing in the answer", Why.NOT_SUPPORTED, "", sources)
    return RoleDetail(
        name=wire.name,
        arn=wire.arn,
        id=wire.id,
        path=wire.path,
        created=read.instant(wire.created, sources, "CreateDate"),
        last_used=read.instant(wire.last_used.date, sources, "LastUsedDate") if wire.last_used else untold,
        last_used_region=_said(wire.last_used.region, sources) if wire.last_used else untold,
        trust=document_fact(wire.trust, f"the trust of role `{wire.name}`", sources),
        boundary=_boundary(wire.boundary),
        attached=_attached(wire.attached),
        inline=_inline(wire.inline, sources),
        instance_profiles=tuple(
            InstanceProfile(name=each.name, arn=each.arn, id=each.id, path=each.path) for each in wire.profiles or ()
        ),
        tags=_tags(wire.tags),
    )


def _policy(wire: PolicyWire, sources: tuple[Source, ...]) -> ManagedPolicy:
    return ManagedPolicy(
        name=wire.name,
        arn=wire.arn,
        id=wire.id,
        path=wire.path,
        created=read.instant(wire.created, sources, "CreateDate"),
        default_version=wire.default_version,
        versions=tuple(each.id for each in wire.versions or ()),
        document=_default_document(wire, sources),
        older=tuple(
            (each.id, document_fact(each.document, f"version `{each.id}` of policy `{wire.name}`", sources))
            for each in wire.versions or ()
            if not each.default and each.id != wire.default_version
        ),
        updated=read.instant(wire.updated, sources, "UpdateDate"),
        attachments=_told(wire.attachments, "AttachmentCount", sources),
        boundaries=_told(wire.boundaries, "PermissionsBoundaryUsageCount", sources),
        aws_managed=wire.arn.split(":")[4:5] == ["aws"],
    )


def _said(value: str | None, sources: tuple[Source, ...]) -> Fact[str]:
    return Known(value, sources) if value else Absent(sources)


def _told(value: int | None, name: str, sources: tuple[Source, ...]) -> Fact[int]:
    if value is None:
        return Unknown(f"`{name}` is missing in the answer", Why.NOT_SUPPORTED, "", sources)
    return Known(value, sources)


def _default_document(wire: PolicyWire, sources: tuple[Source, ...]) -> Fact[IamDocument]:
    """The document of the one version that is in force."""
    found = [each for each in wire.versions or () if each.default or each.id == wire.default_version]
    if len(found) != 1:
        reason = f"policy `{wire.name}` has {len(found) or 'no'} default version{'s' if len(found) > 1 else ''} here"
        return Unknown(reason, Why.MALFORMED, "", sources)
    return document_fact(found[0].document, f"policy `{wire.name}`", sources)


def _attached(wire: list[AttachedWire] | None) -> tuple[AttachedPolicy, ...]:
    return tuple(AttachedPolicy(arn=each.arn, name=each.name or each.arn.rpartition("/")[2]) for each in wire or ())


def _inline(wire: list[InlineWire] | None, sources: tuple[Source, ...]) -> tuple[InlinePolicy, ...]:
    return tuple(
        InlinePolicy(name=each.name, document=document_fact(each.document, f"inline policy `{each.name}`", sources))
        for each in wire or ()
    )


def _boundary(wire: BoundaryWire | None) -> str:
    return wire.arn if wire else ""


def _tags(wire: Iterable[TagWire] | None) -> tuple[tuple[str, str], ...]:
    return tuple((each.key, each.value) for each in wire or ())


def password_policy(answers: Answers) -> Fact[PasswordPolicy]:
    """The password policy; absent when AWS said there is none (`NoSuchEntity`)."""
    policy = read.record(answers.answer(files.PASSWORD_POLICY), "PasswordPolicy")
    if not isinstance(policy, Known):
        return policy
    try:
        wire = msgspec.convert(policy.value, PasswordPolicyWire)
    except msgspec.ValidationError as error:
        return Unknown(f"`{files.PASSWORD_POLICY}` cannot be read: {error}", Why.MALFORMED, "", policy.sources)
    sources = policy.sources

    def always(value: T | None, name: str) -> Fact[T]:
        return read.malformed(f"`{name}`", sources) if value is None else Known(value, sources)

    def perhaps(value: T | None) -> Fact[T]:
        return Absent(sources) if value is None else Known(value, sources)

    return Known(
        PasswordPolicy(
            minimum_length=always(wire.minimum_length, "MinimumPasswordLength"),
            require_symbols=always(wire.symbols, "RequireSymbols"),
            require_numbers=always(wire.numbers, "RequireNumbers"),
            require_uppercase=always(wire.uppercase, "RequireUppercaseCharacters"),
            require_lowercase=always(wire.lowercase, "RequireLowercaseCharacters"),
            users_may_change=always(wire.users_may_change, "AllowUsersToChangePassword"),
            expires=always(wire.expires, "ExpirePasswords"),
            maximum_age=perhaps(wire.maximum_age or None),  # 0 where passwords do not expire
            reuse_prevention=perhaps(wire.reuse_prevention),
            hard_expiry=perhaps(wire.hard_expiry),
        ),
        sources,
    )


def account_summary(answers: Answers) -> Fact[dict[str, int]]:
    """Every entry of `GetAccountSummary`, as it stands there."""
    summary: Fact[dict[str, Any]] = read.record(answers.answer(files.ACCOUNT_SUMMARY), "SummaryMap")
    if not isinstance(summary, Known):
        return summary
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in summary.value.values())
    return summary if whole else read.malformed("`SummaryMap`", summary.sources)
