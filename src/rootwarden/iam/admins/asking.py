"""May somebody do what a step of a path needs, when part of it is theirs to choose?

A name for something new, a Region, a value for a key the caller sets: one choice that is allowed is enough. The choices
tried are those the policies themselves name, and one that none names.
"""

from __future__ import annotations

import re
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING, Final

from rootwarden.iam.admins.chosen import easiest_doubts, is_chosen
from rootwarden.iam.context import MISSING, Values
from rootwarden.iam.operators import OPERATORS
from rootwarden.iam.pattern import ARN_PARTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.iam.admins.powers import May, Powers
    from rootwarden.iam.condition import CompiledCondition
    from rootwarden.iam.context import Context, Held
    from rootwarden.iam.pattern import Pattern
    from rootwarden.iam.statement import CompiledStatement

NEW: Final = "{new}"
GENERATED: Final = "{generated}"
MOST_CHOICES: Final = 40
MOST_SETTLEMENTS: Final = 64
MOST_OPTIONS: Final = 12
_MOST_ROUNDS: Final = 4
_NONE: Final[dict[str, Held]] = {}
# Hardly the beginning of anything a policy names.
_ANOTHER: Final = "zz-another"
_ANY_NAME: Final = "any-name"
_ANY_ID: Final = "id-that-aws-makes-up"
REGION: Final = "aws:requestedregion"
# Of these not every value is tried: lists, and a connection nobody makes in clear.
_NEVER_ALL: Final = frozenset({"aws:tagkeys", "aws:securetransport", "sts:transitivetagkeys"})
_OF_TEXTS: Final = tuple(OPERATORS[f"string{name}"] for name in ("equals", "notequals", "like", "notlike"))
# Wherever one of these is chosen, it is there: a call has a Region, and `AssumeRole` a session name.
_IN_EVERY_REQUEST: Final = frozenset({REGION, "sts:rolesessionname"})
_TAG: Final = "aws:requesttag/"
_TAG_KEYS: Final = "aws:tagkeys"
_REGION_PART: Final = 3
# These have one endpoint in a partition, whose Region every request has (IAM user guide, `aws:RequestedRegion`).
_OF_ONE_REGION: Final = frozenset({"account", "iam", "organizations"})
_THEIR_REGION: Final = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def sole_region(action: str, partition: str) -> str:
    """The one Region an action can be asked in, or an empty text.

    Args:
        action: In lower case.
        partition: `aws`, `aws-cn` …
    """
    return _THEIR_REGION.get(partition, "") if action.partition(":")[0] in _OF_ONE_REGION else ""


def may_choosing(powers: Powers, action: str, resource: str, context: Context, region: str = "") -> May:
    """Whether a request is allowed for some values of the keys that the caller sets.

    Args:
        powers: Of who asks.
        action: In lower case.
        resource: An ARN, or `*`.
        context: The keys of the request; those the caller sets are not in it.
        region: Where it is asked, unless the resource or the service says so; empty for wherever the caller likes.
    """
    found = powers.may(action, resource, context)
    fixed = _region_of(action, resource) or region
    if isinstance(found, tuple) and fixed:
        # Also where the answer does not show it yet: what hides it may be chosen away, and this is nobody's choice.
        context = context.carrying({REGION: Values((fixed,))})
        if any(key.lower() == REGION for key in found):
            found = powers.may(action, resource, context)
    if isinstance(found, bool):
        return found

    def asked(keys: dict[str, Held]) -> May:
        return powers.may(action, resource, context.carrying(keys))

    return easiest(found, asked, tuple(powers.mentions(action)), context)[0]


def easiest(
    found: May,
    asked: Callable[[dict[str, Held]], May],
    statements: tuple[CompiledStatement, ...],
    context: Context,
    besides: tuple[str, ...] = (),
) -> tuple[May, dict[str, Held]]:
    """The easiest answer for some values of the keys that the caller sets, and those values.

    Args:
        found: The answer while they are open.
        asked: The answer for values.
        statements: Everything that is said about the action.
        context: What else the request carries.
        besides: Beginnings of keys, in lower case, that other statements are about too: of these not all is tried.
    """
    best, carried = found, _NONE
    chosen: tuple[str, ...] = ()
    doubts = chosen_among(found)
    for _ in range(_MOST_ROUNDS):
        more = tuple(dict.fromkeys(key for key in doubts if key not in chosen))
        if not more:
            break
        chosen += more
        # What one statement leaves open hides what another does: what is open now is chosen next.
        doubts = ()
        whole = not any(key.startswith(besides) for key in chosen if besides) and are_all(chosen, statements, context)
        best, carried = (False if whole else found), _NONE
        for keys in settlements(chosen, statements, context):
            may = asked(keys)
            if may is True:
                return True, keys
            if better(best, may) is not best:
                best, carried = may, keys
            doubts += chosen_among(may)
    return best, carried


def chosen_among(may: May) -> tuple[str, ...]:
    """Of what an answer depends on, what the caller sets, in lower case."""
    return tuple(dict.fromkeys(key.lower() for key in may if is_chosen(key))) if isinstance(may, tuple) else ()


def _region_of(action: str, resource: str) -> str:
    """The Region that an action or its resource leaves no choice of, or an empty text."""
    parts = resource.split(":", ARN_PARTS - 1)
    if len(parts) < ARN_PARTS:
        return sole_region(action, "aws")
    return sole_region(action, parts[1]) or parts[_REGION_PART]


def in_region(template: str, region: str) -> str:
    """A template whose Region is open, in a Region."""
    parts = template.split(":", ARN_PARTS - 1)
    if region and len(parts) == ARN_PARTS and parts[_REGION_PART] == "*":
        parts[_REGION_PART] = region
    return ":".join(parts)


def regions(templates: tuple[tuple[str, str], ...], powers: Powers) -> tuple[str, ...]:
    """Regions that a path may be walked in: one that no policy names first, then those the policies name.

    Args:
        templates: (action in lower case, template) of the permissions of the path.
        powers: Of who asks.

    Returns:
        An empty text alone where no template leaves the Region open.
    """
    if all(in_region(template, _ANY_NAME) == template for _, template in templates):
        return ("",)
    found: dict[str, None] = {_ANY_NAME: None}
    for action, _ in templates:
        for pattern in islice(_resources(powers, action), MOST_CHOICES):
            parts = pattern.split(":", ARN_PARTS - 1)
            named = parts[_REGION_PART] if len(parts) == ARN_PARTS else ""
            if named and named != "*":
                found[named.replace("*", "x").replace("?", "x")] = None
        for statement in powers.mentions(action):
            for condition in statement.conditions:
                if condition.written.key.lower() == REGION:
                    found.update(dict.fromkeys(_spelled(one.text) for one in condition.wanted))
    return tuple(islice(found, MOST_OPTIONS))


def choices(template: str, powers: Powers, action: str) -> Iterator[str]:
    """ARNs a template may stand for: first those that the policies name.

    Args:
        template: `arn:aws:lambda:*:111122223333:function:name`; every `*` is one value the caller picks.
        powers: Of who asks.
        action: In lower case.
    """
    template = template.replace(GENERATED, _ANY_ID)
    if "*" not in template or template == "*":
        yield template
        return
    seen = set()
    for pattern in islice(_resources(powers, action), MOST_CHOICES):
        merged = _merged(template, pattern)
        if merged not in seen:
            seen.add(merged)
            yield merged
    yield template.replace("*", _ANY_NAME)


def new_names(templates: tuple[tuple[str, str], ...], powers: Powers) -> tuple[str, ...]:
    """Names for `{new}` that the policies let somebody choose, one that none names first.

    Args:
        templates: (action in lower case, template with `{new}`).
        powers: Of who asks.
    """
    found: dict[str, None] = {_ANY_NAME: None}
    for action, template in templates:
        shape = _shape(template)
        for pattern in islice(_resources(powers, action), MOST_CHOICES):
            for filling in ("x", ""):
                match = shape.fullmatch(_merged(template.replace(NEW, "*"), pattern, filling))
                if match:
                    found[match["new"]] = None
    return tuple(islice(found, MOST_CHOICES))


def _shape(template: str) -> re.Pattern[str]:
    """What an ARN of the template looks like; `new` is the name, the same wherever it stands."""
    spelled = re.escape(template).replace(re.escape(GENERATED), "[^:]*").replace(re.escape("*"), "[^:]*")
    first, *rest = spelled.split(re.escape(NEW))
    return re.compile(first + "(?P<new>[^:]+)" + "(?P=new)".join(rest))


def _resources(powers: Powers, action: str) -> Iterator[str]:
    """Every resource that a statement about an action names."""
    for statement in powers.mentions(action):
        for pattern in statement.resources or ():
            if pattern.text != "*":
                yield pattern.text


def _merged(template: str, pattern: str, filling: str = _ANY_NAME) -> str:
    """The template with its stars filled by what a pattern has in the same part."""
    theirs = pattern.split(":", ARN_PARTS - 1)
    ours = template.split(":", ARN_PARTS - 1)
    if len(theirs) != len(ours):
        return template.replace("*", filling)
    return ":".join(_part(own, other, filling) for own, other in zip(ours, theirs, strict=True))


def _part(own: str, other: str, filling: str) -> str:
    if "*" not in own:
        return own
    filled = other.replace("*", filling).replace("?", "x")
    shape = ".+".join(map(re.escape, own.split("*")))
    return filled if re.fullmatch(shape, filled) else own.replace("*", filling or _ANY_NAME)


def settlements(
    chosen: tuple[str, ...], statements: tuple[CompiledStatement, ...], context: Context
) -> Iterator[dict[str, Held]]:
    """Values for keys the caller sets: those the statements compare with, another one, and none.

    Args:
        chosen: The keys.
        statements: Everything that is said about the action.
        context: What else the request carries, for values that are written with variables.
    """
    options = [_options(key, statements, context) for key in chosen]
    for picked in islice(product(*options), MOST_SETTLEMENTS):
        keys = dict(zip(chosen, picked, strict=True))
        if _agree(keys):
            yield keys


def are_all(chosen: tuple[str, ...], statements: tuple[CompiledStatement, ...], context: Context) -> bool:
    """Whether `settlements` has a value of every kind that the statements tell apart: what all refuse is refused.

    It has where keys of one text are compared with whole texts and with beginnings (`eu-*`).
    """
    names = {key.lower() for key in chosen}
    patterns = (one for statement in statements for one in statement.resources or ())
    conditions = [one for statement in statements for one in statement.conditions]
    wanted = (one for condition in conditions for one in condition.wanted)
    if names & _NEVER_ALL or any(names & set(map(str.lower, one.variables)) for one in (*patterns, *wanted)):
        return False
    tried = [_kinds(name, conditions, context) for name in names]
    return all(tried) and prod(tried) <= MOST_SETTLEMENTS


def _kinds(name: str, conditions: list[CompiledCondition], context: Context) -> int:
    """How many kinds of values conditions tell apart, one they do not name and none at all among them; 0: not all."""
    whole, beginnings = set[str](), set[str]()
    for condition in conditions:
        if condition.written.key.lower() != name or condition.null:
            continue
        if condition.operator is None or condition.operator not in _OF_TEXTS:
            return 0
        for one in condition.wanted:
            text = _resolved(one, context)
            wild = condition.operator.wildcards and text.endswith("*")
            plain = text.removesuffix("*") if wild else text
            as_written = one.pieces == (one.text,)
            if {"*", "?", "\0"} & set(plain) or "${" in plain or (condition.operator.wildcards and not as_written):
                return 0
            (beginnings if wild else whole).add(plain)
    spelled = {_ANOTHER: "", **{_spelled(f"{start}*"): start for start in beginnings}}
    apart = not any(
        text in whole or any(text.startswith(other) and not start.startswith(other) for other in beginnings)
        for text, start in spelled.items()
    )
    count = len(whole) + len(beginnings) + 1
    return count + 1 if apart and count <= MOST_OPTIONS else 0


def _agree(keys: dict[str, Held]) -> bool:
    """Whether a request can carry all of that: `aws:TagKeys` names the tags it has, and no others."""
    named = next((one for key, one in keys.items() if key.lower() == _TAG_KEYS), None)
    if named is None:
        return True
    listed = {one.lower() for one in named.texts} if isinstance(named, Values) else set()
    tags = {key.lower().removeprefix(_TAG): one for key, one in keys.items() if key.lower().startswith(_TAG)}
    return all((name in listed) is isinstance(one, Values) for name, one in tags.items())


def _options(key: str, statements: tuple[CompiledStatement, ...], context: Context) -> tuple[Held, ...]:
    name = key.lower()
    texts: dict[str, None] = {}
    for statement in statements:
        for condition in statement.conditions:
            if condition.written.key.lower() == name:
                texts.update(dict.fromkeys(_spelled(_resolved(one, context)) for one in condition.wanted))
    if name == _TAG_KEYS:
        return _tag_keys(tuple(texts))
    if name == "aws:securetransport":
        return (Values(("true",)),)
    texts[_ANOTHER] = None
    values = [Values((text,)) for text in islice(texts, MOST_OPTIONS)]
    return tuple(values) if name in _IN_EVERY_REQUEST else (*values, MISSING)


def _tag_keys(texts: tuple[str, ...]) -> tuple[Held, ...]:
    """Each key alone, all of them, another one, and no tags."""
    alone = tuple(Values((text,), listed=True) for text in texts[:MOST_OPTIONS])
    together = (Values(texts, listed=True),) if len(texts) > 1 else ()
    return (*together, *alone, Values(("another",), listed=True), MISSING)


def _resolved(pattern: Pattern, context: Context) -> str:
    """A value of a policy with its variables put in, as it is where one of them is not known."""
    text = pattern.resolved(context)
    return text if isinstance(text, str) else pattern.text


def _spelled(pattern: str) -> str:
    """A text that fits a pattern."""
    return pattern.replace("*", "x").replace("?", "x")


def better(one: May, other: May) -> May:
    """What lets more: true, then the doubts that are easier to settle."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return easiest_doubts((one, other))
    return max(one, other, key=lambda may: 2 if may is True else 0 if may is False else 1)
