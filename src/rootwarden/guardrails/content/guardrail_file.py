"""Reads one guardrail from its file (docs/guardrail-files.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.iam_document import Condition, Principals
from rootwarden.guardrails.content.filling import OF_ACCOUNT, names_in
from rootwarden.guardrails.content.guardrail import (
    ON,
    Ask,
    Asker,
    AskTemplate,
    Given,
    Guardrail,
    GuardrailKind,
    Parameter,
    ParameterKind,
    StatementTemplate,
)
from rootwarden.guardrails.content.values import complaint_about
from rootwarden.strict_toml import FileKind, in_backticks, is_id, meant, read_toml, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

_Conditions = dict[str, dict[str, tuple[str, ...]]]


class _ParameterTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    kind: ParameterKind
    describe: str
    default: tuple[str, ...] | bool = ()
    needed: bool = False
    example: tuple[str, ...] = ()


class _StatementTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sid: str
    effect: str = "Deny"
    action: tuple[str, ...] | None = None
    not_action: tuple[str, ...] | None = None
    resource: tuple[str, ...] = ("*",)
    condition: _Conditions = {}
    when: dict[str, _Conditions] = {}
    given: dict[str, bool] = {}


class _AskTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    who: Asker
    principal: str = ""
    action: str
    resource: str = "*"
    context: dict[str, tuple[str, ...]] = {}
    given: dict[str, bool] = {}


class _GuardrailTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    kind: GuardrailKind
    why: str
    attach: str
    misses: str = ""
    warnings: tuple[str, ...] = ()
    sources: tuple[str, ...]
    doubtful: str = ""
    parameter: tuple[_ParameterTable, ...] = ()
    statement: tuple[_StatementTable, ...]
    denies: tuple[_AskTable, ...]
    permits: tuple[_AskTable, ...]


_KIND: Final = FileKind("guardrail", "docs/guardrail-files.md", (_ParameterTable, _StatementTable, _AskTable))
_NAME: Final = re.compile(r"[a-z][a-z_]{0,40}")
_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+|\{[a-z_]+\}")
_SID: Final = re.compile(r"[A-Za-z0-9]{1,64}")
_MOST: Final = 200


def read_guardrail(text: str, *, file: str = "") -> Guardrail:
    """Read one guardrail.

    Args:
        text: The file: TOML.
        file: Its name, for messages; if given, it has to be the id.

    Raises:
        InputError: The file is not a guardrail.
    """
    table = read_toml(text, _GuardrailTable, _KIND, file=file)
    made = Guardrail(
        id=table.id,
        title=_line(table.title),
        kind=table.kind,
        why=_line(table.why),
        attach=_line(table.attach),
        misses=_line(table.misses),
        warnings=tuple(map(_line, table.warnings)),
        sources=table.sources,
        doubtful=_line(table.doubtful),
        parameters=tuple(map(_parameter, table.parameter)),
        statements=tuple(_statement(one, table.kind) for one in table.statement),
        asks=(*(_ask(one, denied=True) for one in table.denies), *(_ask(one, denied=False) for one in table.permits)),
    )
    stem = file.replace("\\", "/").rpartition("/")[2].removesuffix(".toml")
    for complaint in _complaints(made, stem or table.id):
        raise refused(complaint, _KIND, file)
    return made


def _parameter(table: _ParameterTable) -> Parameter:
    default = (ON if table.default else ()) if isinstance(table.default, bool) else table.default
    return Parameter(
        name=table.name,
        kind=table.kind,
        describe=_line(table.describe),
        default=default,
        needed=table.needed,
        example=table.example,
    )


def _statement(table: _StatementTable, kind: GuardrailKind) -> StatementTemplate:
    always = [(one, ()) for one in _conditions(table.condition)]
    sometimes = [(one, (Given(name, wanted=True),)) for name, found in table.when.items() for one in _conditions(found)]
    return StatementTemplate(
        sid=table.sid,
        effect=table.effect,
        actions=table.action,
        not_actions=table.not_action,
        resources=table.resource,
        principals=None if kind is GuardrailKind.SCP else Principals(aws=("*",)),
        conditions=(*always, *sometimes),
        given=_given(table.given),
    )


def _conditions(found: _Conditions) -> Iterator[Condition]:
    for operator, keys in found.items():
        yield from (Condition(operator, key, values) for key, values in keys.items())


def _ask(table: _AskTable, *, denied: bool) -> AskTemplate:
    context = tuple(table.context.items())
    ask = Ask(
        name=table.name,
        denied=denied,
        who=table.who,
        principal=table.principal,
        action=table.action,
        resource=table.resource,
        context=context,
    )
    return AskTemplate(ask=ask, given=_given(table.given))


def _given(found: dict[str, bool]) -> tuple[Given, ...]:
    return tuple(Given(name, wanted) for name, wanted in found.items())


def _complaints(made: Guardrail, name: str) -> Iterator[str]:
    yield from _about_words(made, name)
    yield from _about_parameters(made)
    yield from _about_statements(made)
    yield from _about_asks(made)
    yield from _about_names(made)


def _about_words(made: Guardrail, name: str) -> Iterator[str]:
    if not is_id(made.id):
        yield f"its id {in_backticks(made.id)} is not lower-case words joined by `-`"
    if made.id != name:
        yield f"its id is {in_backticks(made.id)}, not its file's name"
    for key in ("title", "why", "attach"):
        if not getattr(made, key):
            yield f"`{key}` is empty"


def _about_parameters(made: Guardrail) -> Iterator[str]:
    seen: set[str] = set()
    for one in made.parameters:
        if not _NAME.fullmatch(one.name) or one.name in OF_ACCOUNT or one.name in seen:
            yield f"{in_backticks(one.name)} is no name for a parameter, or stands twice"
        seen.add(one.name)
        for values in (one.default, one.example):
            wrong = complaint_about(one, values)
            if wrong:
                yield f"parameter `{one.name}`: {wrong}"
        if one.needed and (one.default or not one.example):
            yield f"the parameter `{one.name}` is needed: it has an example and no default"


def _about_statements(made: Guardrail) -> Iterator[str]:
    if not made.statements:
        yield "it has no statement"
    for one in made.statements:
        if not _SID.fullmatch(one.sid):
            yield f"the name {in_backticks(one.sid)} of a statement is not letters and digits"
        if one.effect != "Deny":
            yield f"statement `{one.sid}` does not deny: guardrails only deny"
        if (one.actions is None) is (one.not_actions is None):
            yield f"statement `{one.sid}` has not exactly one of `action` and `not_action`"
        if not (one.actions or one.not_actions) or not one.resources:
            yield f"statement `{one.sid}` names no action, or no resource"
        tests = [(test.operator.lower(), test.key.lower()) for test, _ in one.conditions]
        twice = next((test for test in tests if tests.count(test) > 1), None)
        if twice:
            yield f"statement `{one.sid}` tests `{twice[1]}` twice with one operator, which JSON has no room for"


def _about_asks(made: Guardrail) -> Iterator[str]:
    for denied, key in ((True, "denies"), (False, "permits")):
        if not any(one.ask.denied is denied for one in made.asks):
            yield f"it has no `[[{key}]]`"
    if len(made.asks) > _MOST:
        yield f"it has more than {_MOST} requests"
    names = [one.ask.name for one in made.asks]
    yield from (f"two requests are named {in_backticks(each)}" for each in names if names.count(each) > 1)
    for one in made.asks:
        if not _ACTION.fullmatch(one.ask.action):
            yield f"{in_backticks(one.ask.action)} is no action"
        if bool(one.ask.principal) is one.ask.who.is_root:
            yield f"request {in_backticks(one.ask.name)}: roles and users have a `principal`, root has none"


def _about_names(made: Guardrail) -> Iterator[str]:
    """Names in braces, and of `when` and `given`, that nothing stands behind."""
    known = {one.name for one in made.parameters}
    used: list[str] = [given.parameter for one in made.statements for given in one.given]
    used += [given.parameter for one in made.statements for _, found in one.conditions for given in found]
    used += [given.parameter for ask in made.asks for given in ask.given]
    for one in made.statements:
        texts = [*(one.actions or ()), *(one.not_actions or ()), *one.resources]
        texts += [value for condition, _ in one.conditions for value in condition.values]
        used += [name for text in texts for name in names_in(text)]
    for template in made.asks:
        ask = template.ask
        texts = [ask.principal, ask.action, ask.resource, *(value for _, held in ask.context for value in held)]
        used += [name for text in texts for name in names_in(text) if name not in OF_ACCOUNT]
    yield from (f"there is no parameter {in_backticks(name)}{meant(name, known)}" for name in used if name not in known)
    yield from (f"nothing uses the parameter `{name}`" for name in sorted(known - set(used)))


def _line(text: str) -> str:
    return " ".join(text.split())
