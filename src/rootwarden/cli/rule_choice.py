"""Which rules a command judges by: packs, files of the user's own, one benchmark's meaning, parameters."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from rootwarden.cli.given_file import given_text
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rootwarden.audit.rulebook import Rulebook
    from rootwarden.rules.rule_file import ParameterDefault, PostureRule


def chosen_rules(
    *,
    wanted: Sequence[str] | None = None,
    packs: Sequence[str] | None = None,
    files: Sequence[Path] | None = None,
    instead: Sequence[Path] | None = None,
    benchmark: str = "",
    window: int | None = None,
    minimum_account_age: int | None = None,
    parameters: Mapping[str, ParameterDefault] | None = None,
) -> Rulebook:
    """The rules the arguments choose.

    Args:
        wanted: Ids or patterns; every rule when there is none.
        packs: Names of packs; the root pack when there is none.
        files: Files of the user's own, beside the packs.
        instead: Files or folders of the user's own, in place of the root pack where no pack is named.
        benchmark: The benchmark whose meaning and controls hold, such as `cis-5.0`.
        window: Days, for rules with this parameter.
        minimum_account_age: Days, likewise.
        parameters: Other parameters by name.

    Raises:
        UsageError: There is no such rule, pack or benchmark, or a path cannot be read.
        InputError: A file holds no rule.
    """
    from rootwarden.audit.rulebook import rulebook
    from rootwarden.cli.own_rules import own_rules
    from rootwarden.packs import chosen, schema

    packed = () if instead and not packs else chosen(packs or ())
    rules = (*packed, *own_rules(instead or ()), *(_own_rule(path) for path in files or ()))
    _check_packs(wanted or (), rules)
    named = {"window": window, "minimum_account_age": minimum_account_age}
    return rulebook(
        rules,
        schema(),
        wanted=tuple(wanted or ()),
        benchmark=benchmark,
        parameters={**(parameters or {}), **{name: each for name, each in named.items() if each is not None}},
    )


def _own_rule(path: Path) -> PostureRule:
    from rootwarden.rules.rule_file import load_rule_file

    return load_rule_file(given_text(path), file=str(path))


def _check_packs(wanted: Sequence[str], rules: Sequence[PostureRule]) -> None:
    """A rule of a pack that was not chosen is not unknown: say which pack to choose."""
    from rootwarden.packs import names, pack

    there = [rule.id for rule in rules]
    for pattern in wanted:
        if not fnmatch.filter(there, pattern):
            other = next((name for name in names() if fnmatch.filter([one.id for one in pack(name)], pattern)), "")
            if other:
                raise UsageError(f"`{pattern}` is not in the chosen packs", hint=f"add `--pack {other}`")
