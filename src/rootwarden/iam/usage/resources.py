"""On which resources an action was used: only what surely is one, else `*`.

An ARN in a record counts when it is one of the action's resource types and stands where such a thing is named; and only
if the record names every type the action always has. A wrong guess would make a policy that breaks what works.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rootwarden.iam.usage.mapping import filled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.iam.actions import Action, ActionCatalogue
    from rootwarden.iam.usage.tally import Named

_VARIABLE: Final = re.compile(r"\$\{[^}]*\}|<[^>]*>")
_MAY_BE_EMPTY: Final = frozenset({"${Region}", "${Account}"})
_ENDINGS: Final = re.compile(r"(arn|id|name|identifier)s?$")
_ANYTHING: Final = frozenset({"", "resource", "arn", "target"})
_DASHES: Final = re.compile(r"[-_ /]")


def used_resources(
    action: Action, catalogue: ActionCatalogue, named: Iterable[Named] | None, template: str, partition: str
) -> frozenset[str] | None:
    """The ARNs an action was used on.

    Args:
        action: The action.
        catalogue: For its resource types.
        named: What each event named; `None` where that is too much to tell.
        template: How the ARN is made of parameters, or empty where events name it.
        partition: `aws`, `aws-cn`, …

    Returns:
        Or `None` where the records do not tell.
    """
    if not action.resources or template == "*" or named is None:
        return None
    found: set[str] = set()
    for group in named:
        arns = _by_template(template, group, partition) if template else _by_type(action, catalogue, group)
        if not arns:
            return None
        found |= arns
    return frozenset(found) or None


def _by_template(template: str, group: Named, partition: str) -> set[str]:
    arn = filled(template, {**dict(group), "partition": partition})
    return {arn} if arn else set()


def _by_type(action: Action, catalogue: ActionCatalogue, group: Named) -> set[str]:
    service = catalogue.service(action.service)
    resources: Mapping[str, str] = {}
    if service is not None:
        resources = {
            name: service.resources[name.lower()].arn for name in action.resources if name.lower() in service.resources
        }
    met: set[str] = set()
    found: set[str] = set()
    for parameter, arn in group:
        for name, form in resources.items():
            if _is_about(parameter, name) and _form(form).fullmatch(arn):
                met.add(name)
                found.add(arn)
    return found if found and met >= set(action.required) else set()


@lru_cache(maxsize=4096)
def _is_about(parameter: str, kind: str) -> bool:
    """Whether a parameter of that name may hold a resource of that type: `roleArn` a role, `secretId` a secret."""
    name = _ENDINGS.sub("", _DASHES.sub("", parameter).lower())
    wanted = _DASHES.sub("", kind).lower()
    return name in _ANYTHING or name.endswith(wanted) or wanted.endswith(name)


@lru_cache(maxsize=4096)
def _form(arn: str) -> re.Pattern[str]:
    """ARNs of a form; what varies has no wildcard, and a slash or colon only at the end."""
    made, at = "", 0
    for variable in _VARIABLE.finditer(arn):
        before = arn[at : variable.start()]
        made += re.escape(before)
        at = variable.end()
        if variable.group() in _MAY_BE_EMPTY:
            made += "[^:/*?$]*"
        else:
            made += r"[^*?$\s]+" if at == len(arn) else r"[^:/*?$\s]+"
    return re.compile(made + re.escape(arn[at:]))
