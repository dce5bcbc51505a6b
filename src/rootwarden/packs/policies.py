"""What the lint of policies is given: catalogue, condition keys, limits, pages; each file read when first asked for."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from rootwarden.iam.lint.knowledge import Knowledge, read_keys, read_limits
from rootwarden.iam.lint.pages import read_pages
from rootwarden.packs.actions import action_catalogue, rcp_services
from rootwarden.packs.content import texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.iam.actions import ActionCatalogue
    from rootwarden.iam.lint.codes import Code
    from rootwarden.iam.lint.knowledge import Limit
    from rootwarden.iam.lint.pages import Page


def policy_knowledge(catalogue: ActionCatalogue | None = None) -> Knowledge:
    """What policies are compared with.

    Args:
        catalogue: The actions there are; those of the installed data if not given.
    """
    prefixes = tomllib.loads(_text("prefixes.toml"))
    return Knowledge(
        catalogue=catalogue or action_catalogue(),
        keys=read_keys(_text("keys.toml")),
        limits=policy_limits(),
        rcp_services=rcp_services(),
        shared=frozenset(prefixes["shared"]),
        homes=prefixes["homes"],
    )


@cache
def policy_limits() -> tuple[Limit, ...]:
    """How long policies may be and how many may be attached, dated."""
    return read_limits(_text("limits.toml"))


@cache
def lint_pages() -> Mapping[Code, Page]:
    """The page about every code of the policy lint."""
    return read_pages(text for _, text in texts("policy-lint"))


def _text(name: str) -> str:
    return files(__package__).joinpath("policy-language", name).read_text(encoding="utf-8")
