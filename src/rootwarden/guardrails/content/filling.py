"""A guardrail and values: the policy and the requests they come to."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from msgspec import structs

from rootwarden.facts.iam_document import Condition, IamDocument, Statement
from rootwarden.guardrails.content.guardrail import ParameterKind
from rootwarden.iam.pattern import VARIABLES_SINCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.guardrails.content.guardrail import Ask, Given, Guardrail, StatementTemplate, Values

# `${…}` is a variable of the policy, which AWS fills.
_NAME: Final = re.compile(r"(?<!\$)\{([a-z_]+)\}")
# What an account fills, not a parameter.
OF_ACCOUNT: Final = frozenset({"account", "partition", "management", "organization_id"})


def names_in(text: str) -> tuple[str, ...]:
    """The names in braces."""
    return tuple(_NAME.findall(text))


def document(guardrail: Guardrail, values: Values) -> IamDocument:
    """The policy, as its file spells it.

    Args:
        guardrail: The guardrail.
        values: A value for each of its parameters.
    """
    statements = tuple(_statement(one, values) for one in guardrail.statements if _there(one.given, values))
    return IamDocument(VARIABLES_SINCE, statements)


def requests(guardrail: Guardrail, values: Values) -> tuple[Ask, ...]:
    """The requests that hold with these values, one for each value where a request names a parameter."""
    networks = {one.name for one in guardrail.parameters if one.kind is ParameterKind.NETWORKS}
    # An address is asked from, not a network: the first of each.
    asked = {name: tuple(map(_first_of, each)) if name in networks else each for name, each in values.items()}
    made = (each for one in guardrail.asks if _there(one.given, values) for each in _asks(one.ask, asked))
    return tuple(dict.fromkeys(made))


def filled(text: str, names: Mapping[str, str]) -> str:
    """A text with what stands in braces put in; other braces stay."""
    return _NAME.sub(lambda found: names.get(found[1], found[0]), text)


def _statement(template: StatementTemplate, values: Values) -> Statement:
    return Statement(
        sid=template.sid,
        effect=template.effect,
        actions=None if template.actions is None else _spread(template.actions, values),
        not_actions=None if template.not_actions is None else _spread(template.not_actions, values),
        resources=_spread(template.resources, values),
        principals=template.principals,
        conditions=tuple(
            Condition(one.operator, one.key, _spread(one.values, values))
            for one, given in template.conditions
            if _there(given, values)
        ),
    )


def _there(given: Iterable[Given], values: Values) -> bool:
    return all(bool(values.get(one.parameter)) is one.wanted for one in given)


def _spread(texts: Iterable[str], values: Values) -> tuple[str, ...]:
    """Each text once for every value of the parameter it names."""
    made: list[str] = []
    for text in texts:
        name = next((one for one in names_in(text) if one in values), None)
        made += [text] if name is None else [filled(text, {name: value}) for value in values[name]]
    return tuple(dict.fromkeys(made))


def _asks(ask: Ask, values: Values) -> list[Ask]:
    texts = (ask.principal, ask.action, ask.resource, *(value for _, held in ask.context for value in held))
    named = dict.fromkeys(name for text in texts for name in names_in(text) if name in values)
    made = [ask]
    for name in named:
        made = [_with(one, {name: value}, told=len(values[name]) > 1) for one in made for value in values[name]]
    return made


def _with(ask: Ask, names: Mapping[str, str], *, told: bool) -> Ask:
    """A request with a value put in; where there are several, its name tells which."""
    return structs.replace(
        ask,
        name=f"{ask.name}, `{', '.join(names.values())}`" if told else ask.name,
        principal=filled(ask.principal, names),
        action=filled(ask.action, names),
        resource=filled(ask.resource, names),
        context=tuple((key, tuple(filled(value, names) for value in held)) for key, held in ask.context),
    )


def _first_of(network: str) -> str:
    return str(ip_network(network).network_address)
