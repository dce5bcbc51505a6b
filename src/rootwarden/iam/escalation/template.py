"""Resources as templates: `arn:{partition}:lambda:*:{account}:function:{new}`.

A `*` in a template is one value that the actor picks (a Region, a subnet that exists), so a statement that allows one
of them is enough. `{generated}` is an id that AWS makes up: only a wildcard in a policy can match it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME: Final = re.compile(r"\{([^{}]*)\}")


class Placeholder(StrEnum):
    """What stands in braces; `packs/escalation/shared/words.toml` says what each means."""

    ACCOUNT = "account"
    ACTOR = "actor"
    ALSO = "also"
    BOUNDARY = "boundary"
    EXISTING = "existing"
    FULL = "full"
    GENERATED = "generated"
    GROUP = "group"
    MANAGEMENT = "management"
    NEW = "new"
    ORGANIZATION = "organization"
    PARTITION = "partition"
    POLICY = "policy"
    PROFILE = "profile"
    PROVIDER = "provider"
    TARGET = "target"


def placeholders(template: str) -> tuple[str, ...]:
    """The names in braces, in order; a brace that belongs to none counts as the name `{` or `}`.

    Args:
        template: `arn:{partition}:iam::{account}:role/{new}`.
    """
    stray = re.findall(r"[{}]", _NAME.sub("", template))
    return (*_NAME.findall(template), *stray)


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with values for names; a name without a value stays as it is.

    Args:
        template: `arn:{partition}:iam::{account}:role/{new}`.
        values: By name: `{"partition": "aws"}`.
    """
    return _NAME.sub(lambda found: values.get(found[1], found[0]), template)
