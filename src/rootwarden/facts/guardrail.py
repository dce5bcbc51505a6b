"""The service control policies on an account's path, as parsed documents."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from rootwarden.facts.fact import Fact, Unknown
from rootwarden.facts.iam_document import IamDocument

_NOT_COLLECTED = Unknown("not collected")

PolicyValue: TypeAlias = dict[str, "PolicyValue"] | list["PolicyValue"] | str | int | float | bool | None
PolicyDocument: TypeAlias = dict[str, PolicyValue]


class ScpDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A service control policy attached to the organization root, an organizational unit or the account.

    Attributes:
        id: `p-examplepolicy`.
        name: As in the organization.
        document: The parsed content; unknown when it could not be read.
        statements: The same as statements.
        arn: As in the organization.
        description: Absent when it has none.
        aws_managed: AWS wrote it.
    """

    id: str
    name: str
    document: Fact[PolicyDocument]
    statements: Fact[IamDocument] = _NOT_COLLECTED
    arn: Fact[str] = _NOT_COLLECTED
    description: Fact[str] = _NOT_COLLECTED
    aws_managed: Fact[bool] = _NOT_COLLECTED


class ResourceControls(msgspec.Struct, frozen=True, kw_only=True):
    """The resource control policies of an organization.

    Attributes:
        enabled: Whether the policy type is on.
        attachments: Policy ids by target (root, unit or account).
        policies: The policies by id, shaped as service control policies are.
    """

    enabled: Fact[bool] = _NOT_COLLECTED
    attachments: Fact[dict[str, tuple[str, ...]]] = _NOT_COLLECTED
    policies: dict[str, ScpDocument] = {}
