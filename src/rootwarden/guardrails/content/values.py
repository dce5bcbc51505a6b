"""Values for the parameters of a guardrail: what may be given, and what holds where nothing is."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError
from rootwarden.guardrails.content.guardrail import ON, ParameterKind
from rootwarden.strict_toml import in_backticks, meant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.guardrails.content.guardrail import Guardrail, Parameter, Values

MOST_VALUES: Final = 200
_FORMS: Final = {
    ParameterKind.ACTIONS: (
        re.compile(r"[a-z0-9-]{1,64}:[A-Za-z0-9*?]{1,128}"),
        "an action such as `s3:GetBucketPolicy`",
    ),
    ParameterKind.ROLES: (
        re.compile(r"([\w+=,.@-]{1,64}/){0,8}[\w+=,.@-]{1,64}", re.ASCII),
        "the name of a role, with its path",
    ),
    ParameterKind.TASK_POLICIES: (
        re.compile(r"[A-Za-z0-9]{1,64}"),
        "a task policy such as `IAMAuditRootUserCredentials`",
    ),
    ParameterKind.VPCS: (re.compile(r"vpc-[0-9a-f]{8,32}"), "a VPC such as `vpc-0123456789abcdef0`"),
    ParameterKind.ORGANIZATION: (re.compile(r"o-[a-z0-9]{10,32}"), "an organization such as `o-exampleorgid`"),
}
_SWITCH: Final = {"on": ON, "true": ON, "yes": ON, "off": (), "false": (), "no": ()}


def complaint_about(parameter: Parameter, values: tuple[str, ...]) -> str:
    """What is wrong with values, or an empty text; a switch has its values settled already."""
    if len(values) > MOST_VALUES:
        return f"`{parameter.name}` has more than {MOST_VALUES} values"
    if parameter.kind is ParameterKind.ORGANIZATION and len(values) > 1:
        return f"`{parameter.name}` takes one value"
    for value in values:
        if parameter.kind is ParameterKind.SWITCH and value != ON[0]:
            return f"{in_backticks(value)} is neither `on` nor `off`"
        if parameter.kind is ParameterKind.NETWORKS and not _is_network(value):
            return f"{in_backticks(value)} is no network such as `203.0.113.0/24`"
        form = _FORMS.get(parameter.kind)
        if form and not form[0].fullmatch(value):
            return f"{in_backticks(value)} is not {form[1]}"
    return ""


def values_for(guardrail: Guardrail, given: Mapping[str, str]) -> Values:
    """The values a guardrail is made with.

    Args:
        guardrail: Whose parameters.
        given: As people write them: `on`, `off`, or texts with commas between.

    Returns:
        Every parameter with its values; of one that is not given, the default.

    Raises:
        UsageError: There is no such parameter, a value is not what it takes, or a needed one has none.
    """
    known = [one.name for one in guardrail.parameters]
    for name in given:
        if name not in known:
            hint = f"it has {', '.join(known)}" if known else "it has none"
            raise UsageError(f"`{guardrail.id}` has no parameter {in_backticks(name)}{meant(name, known)}", hint=hint)
    made = {one.name: _read(one, given[one.name]) if one.name in given else one.default for one in guardrail.parameters}
    lacking = [one for one in guardrail.parameters if one.needed and not made[one.name]]
    for one in lacking:
        hint = f"--parameter {one.name}={','.join(one.example)}: {one.describe}"
        raise UsageError(f"`{guardrail.id}` needs the parameter `{one.name}`", hint=hint)
    return made


def examples(guardrail: Guardrail) -> Values:
    """Values a guardrail can always be made with: the defaults, and examples of what is needed."""
    return {one.name: one.default or (one.example if one.needed else ()) for one in guardrail.parameters}


def _read(parameter: Parameter, text: str) -> tuple[str, ...]:
    if parameter.kind is ParameterKind.SWITCH:
        if text.strip().lower() not in _SWITCH:
            raise UsageError(
                f"{in_backticks(text)} is neither `on` nor `off`", hint=f"--parameter {parameter.name}=off"
            )
        return _SWITCH[text.strip().lower()]
    values = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    wrong = complaint_about(parameter, values)
    if wrong:
        raise UsageError(wrong, hint=f"--parameter {parameter.name}={','.join(parameter.example)}")
    return values


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True
