"""Principals: spelled as IAM takes them, still there, and not everybody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rootwarden.iam.lint.about_resources import known_partition
from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.finding import Kind, quoted

if TYPE_CHECKING:
    from rootwarden.iam.lint.context import Context
    from rootwarden.iam.lint.statement import Text, View

_ACCOUNT: Final = re.compile(r"[0-9]{12}")
# IAM user guide, *Unique identifiers*: what a principal turns into when it is deleted.
_UNIQUE: Final = re.compile(r"A(?:IDA|ROA|GPA|NPA|NVA|IPA|KIA|SIA)[A-Z0-9]{12,}")
_CANONICAL: Final = re.compile(r"[0-9a-f]{64}")
_ARN: Final = re.compile(r"arn:([^:]+):(iam|sts)::([^:]*):(.+)")
_OF_IAM: Final = re.compile(r"root|user/.+|role/.+")
_OF_STS: Final = re.compile(r"assumed-role/[^/]+/.+|federated-user/.+")
_SERVICE: Final = re.compile(r"[a-z0-9][a-z0-9.-]*\.amazonaws(?:\.com|\.com\.cn|\.eu)|[a-z0-9.-]+\.amazon\.com")
_PROVIDER: Final = re.compile(r"arn:[^:]+:iam::[0-9]{12}:(?:saml|oidc)-provider/.+|[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/.*)?")


def check_principals(view: View, context: Context) -> None:
    """Note what is wrong with the principals of a statement."""
    if view.kind is Kind.RCP:
        _of_rcp(view, context)
    who = view.who
    if who is None:
        return
    for kind, text in who.named:
        _spelling(kind, text, context)
    if who.negated and view.effect == "Allow":
        said = "`NotPrincipal` with `Allow` lets in everybody else, strangers too"
        context.found.add(Code.NOT_PRINCIPAL_ALLOWED, who.place, said, "name whom it is for as `Principal`")
    if view.allows and who.is_everybody and not view.tests:
        said = "everybody, in every account and without one, is allowed"
        hint = "name accounts or roles, or ask for `aws:PrincipalOrgID` in a condition"
        context.found.add(Code.EVERYBODY_ALLOWED, who.place, said, hint)


def _of_rcp(view: View, context: Context) -> None:
    if view.effect == "Allow":
        said = "a resource control policy of your own only denies"
        hint = "`RCPFullAWSAccess` allows everything already: say in a `Deny` what is barred"
        context.found.add(Code.RCP_ALLOW, view.place, said, hint)
    who = view.who
    if who is not None and (who.negated or [text.text for _, text in who.named] != ["*"]):
        said = 'a resource control policy is about everybody: its `Principal` is `"*"`'
        context.found.add(
            Code.RCP_PRINCIPAL, who.place, said, "say in a condition on `aws:PrincipalArn` whom it is about"
        )


def _spelling(kind: str, text: Text, context: Context) -> None:
    written = text.text
    if kind == "AWS":
        _of_aws(text, context)
    elif kind == "Service" and not _SERVICE.fullmatch(written) and written != "*":
        said = f"{quoted(written)} is no service principal"
        context.found.add(Code.PRINCIPAL_SHAPE, text.place, said, "it ends in `.amazonaws.com`")
    elif kind == "Federated" and not _PROVIDER.fullmatch(written) and written != "*":
        said = f"{quoted(written)} is no identity provider"
        hint = "name the ARN of a `saml-provider` or `oidc-provider`, or the provider's host"
        context.found.add(Code.PRINCIPAL_SHAPE, text.place, said, hint)
    elif kind == "CanonicalUser" and not _CANONICAL.fullmatch(written):
        said = f"{quoted(written)} is no canonical user id"
        context.found.add(Code.PRINCIPAL_SHAPE, text.place, said, "it has 64 digits and letters `a` to `f`")


def _of_aws(text: Text, context: Context) -> None:
    written = text.text
    if written == "*" or _ACCOUNT.fullmatch(written) or _CANONICAL.fullmatch(written):
        return
    if _UNIQUE.fullmatch(written):
        said = f"{quoted(written)} is the id of a principal that was deleted; nobody has it again"
        context.found.add(Code.DELETED_PRINCIPAL, text.place, said, "take it out")
        return
    arn = _ARN.fullmatch(written)
    if arn is None or not known_partition(arn[1]):
        hint = "name an account, or the ARN of a user, a role, a session or an account's root"
        context.found.add(Code.PRINCIPAL_SHAPE, text.place, f"{quoted(written)} is no principal", hint)
    elif arn[4].startswith("group/"):
        hint = "groups are no principals: name users or, better, a role"
        context.found.add(Code.PRINCIPAL_SHAPE, text.place, f"{quoted(written)} is a group", hint)
    elif "*" in written or "?" in written:
        said = f"a wildcard in {quoted(written)} is not taken"
        hint = "name the account, and say in a condition on `aws:PrincipalArn` (`ArnLike`) whom of it"
        context.found.add(Code.PRINCIPAL_SHAPE, text.place, said, hint)
    elif not (_OF_IAM if arn[2] == "iam" else _OF_STS).fullmatch(arn[4]) or not _account(arn[3]):
        context.found.add(
            Code.PRINCIPAL_SHAPE, text.place, f"{quoted(written)} is no principal", "an account has twelve digits"
        )


def _account(account: str) -> bool:
    # `cloudfront` stands there in the ARN of an origin access identity.
    return bool(_ACCOUNT.fullmatch(account)) or account == "cloudfront"
