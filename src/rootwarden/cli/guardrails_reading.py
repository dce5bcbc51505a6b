"""What the `guardrails` commands take: ids or files, and values for parameters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rootwarden.errors import UsageError
from rootwarden.strict_toml import in_backticks, meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.audit.guardrail_proof import Wanted
    from rootwarden.guardrails.content.guardrail import Guardrail


def guardrail_named(target: str) -> Guardrail:
    """The shipped guardrail of this id, or the one in a file.

    Raises:
        UsageError: There is neither.
        InputError: The file is no guardrail.
    """
    from rootwarden.packs import guardrails

    if target.endswith(".toml"):
        from rootwarden.cli.rule_input import read_text
        from rootwarden.guardrails.content.guardrail_file import read_guardrail

        return read_guardrail(read_text(Path(target)), file=Path(target).name)
    found = next((one for one in guardrails() if one.id == target), None)
    if found is None:
        hint = "`rootwarden guardrails list` names them; a file of your own ends in `.toml`"
        raise UsageError(
            f"there is no guardrail {in_backticks(target)}{meant(target, [g.id for g in guardrails()])}", hint=hint
        )
    return found


def parameters_given(texts: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` options by name.

    Raises:
        UsageError: One is no such pair, or stands twice.
    """
    given: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise UsageError(f"{in_backticks(text)} is not NAME=VALUE", hint="--parameter roles=RootAudit,RootRemoval")
        if name in given:
            raise UsageError(f"the parameter {in_backticks(name)} is given twice", hint="put commas between its values")
        given[name] = value
    return given


def check_used(given: Mapping[str, str], guardrails: Iterable[Guardrail]) -> None:
    """Refuse a parameter that none of the guardrails has.

    Raises:
        UsageError: There is one.
    """
    known = {one.name for guardrail in guardrails for one in guardrail.parameters}
    for name in given:
        if name not in known:
            hint = f"there are {', '.join(sorted(known))}" if known else "these guardrails have none"
            raise UsageError(f"there is no parameter {in_backticks(name)}{meant(name, known)}", hint=hint)


def wanted_with(guardrail: Guardrail, given: Mapping[str, str]) -> Wanted:
    """A guardrail with those of the given values that are for it.

    Raises:
        UsageError: A value is not what the parameter takes, or a needed one has none.
    """
    from rootwarden.audit.guardrail_proof import Wanted
    from rootwarden.guardrails.content.values import values_for

    mine = {name: value for name, value in given.items() if guardrail.parameter(name) is not None}
    return Wanted(guardrail, values_for(guardrail, mine))
