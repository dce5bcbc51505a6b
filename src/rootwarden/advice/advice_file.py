"""Reads one advice from its file (docs/adding-advice.md)."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.advice.advice import Advice, Certainty, Cost, Decided, Price, Step
from rootwarden.facts.native_services import NativeService
from rootwarden.strict_toml import FileKind, in_backticks, is_id, read_toml, refused

if TYPE_CHECKING:
    from collections.abc import Iterator


class _CostTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    price: Price
    says: str
    as_of: str
    certainty: Certainty
    source: str = ""


class _DecidedTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rules: tuple[str, ...] = ()
    guardrails: tuple[str, ...] = ()
    check: str = ""
    fails: str = ""
    service: NativeService | None = None
    applies: str = ""
    look: str = ""


class _AdviceTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    what: str
    why: str
    remains: str
    certainty: Certainty
    as_of: str
    references: tuple[str, ...]
    source: str = ""
    after: tuple[str, ...] = ()
    urgent: str = ""
    urgent_in_management: bool = False
    by_hand: bool = False
    cost: _CostTable
    decided: _DecidedTable
    how: tuple[Step, ...]


_KIND: Final = FileKind("advice", "docs/adding-advice.md", (_CostTable, _DecidedTable, Step))
_SUM: Final = re.compile(r"[$€£¥]\s?[0-9]|[0-9]\s?(?:[$€£¥]|USD|EUR|cents?\b|dollars?\b)", re.IGNORECASE)
_PAGE: Final = re.compile(r"https://[a-z0-9.-]+/\S*")


def read_advice(text: str, *, file: str = "") -> Advice:
    """Read one advice.

    Args:
        text: The file: TOML.
        file: Its name, for messages; if given, it has to be the id.

    Raises:
        InputError: The file is not an advice.
    """
    table = read_toml(text, _AdviceTable, _KIND, file=file)
    made = Advice(
        id=table.id,
        title=line(table.title),
        what=line(table.what),
        why=line(table.why),
        remains=line(table.remains),
        cost=Cost(
            price=table.cost.price,
            says=line(table.cost.says),
            source=line(table.cost.source),
            as_of=table.cost.as_of,
            certainty=table.cost.certainty,
        ),
        after=table.after,
        decided=Decided(
            rules=table.decided.rules,
            guardrails=table.decided.guardrails,
            check=line(table.decided.check),
            fails=line(table.decided.fails),
            service=table.decided.service,
            applies=line(table.decided.applies),
            look=line(table.decided.look),
        ),
        urgent=line(table.urgent),
        urgent_in_management=table.urgent_in_management,
        by_hand=table.by_hand,
        how=table.how,
        certainty=table.certainty,
        source=line(table.source),
        as_of=table.as_of,
        references=table.references,
    )
    stem = file.replace("\\", "/").rpartition("/")[2].removesuffix(".toml")
    for complaint in _complaints(made, stem or made.id):
        raise refused(complaint, _KIND, file)
    return made


def line(text: str) -> str:
    """A text without line ends."""
    return " ".join(text.split())


def _complaints(made: Advice, name: str) -> Iterator[str]:
    if not is_id(made.id):
        yield f"its id {in_backticks(made.id)} is not lower-case words joined by `-`"
    if made.id != name:
        yield f"its id is {in_backticks(made.id)}, not its file's name"
    for key in ("title", "what", "why", "remains"):
        if not getattr(made, key):
            yield f"`{key}` is empty"
    if made.id in made.after or len(set(made.after)) != len(made.after):
        yield "it comes after itself, or twice after another"
    if not made.how or not all(step.text for step in made.how):
        yield "`[[how]]` is missing, or a step of it says nothing"
    yield from _about_source("", made.certainty, made.source, made.as_of)
    yield from _about_source("cost.", made.cost.certainty, made.cost.source, made.cost.as_of)
    if not made.cost.says or _SUM.search(made.cost.says):
        yield "`cost.says` is empty, or names a sum, which is out of date before it is read"
    if made.urgent_in_management and not made.urgent:
        yield "`urgent_in_management` goes with `urgent`, which says why"
    yield from _about_decided(made.decided)
    yield from (f"{in_backticks(page)} is no page" for page in made.references if not _PAGE.fullmatch(page))


def _about_source(table: str, certainty: Certainty, source: str, as_of: str) -> Iterator[str]:
    try:
        date.fromisoformat(as_of)
    except ValueError:
        yield f"`{table}as_of` {in_backticks(as_of)} is not a day such as 2026-11-22"
    if certainty is Certainty.DOCUMENTED and not source:
        yield f"`{table}certainty` is `documented`: `{table}source` has to say where"
    if certainty is Certainty.KNOWN and source:
        yield f"`{table}certainty` is `known`, from memory, and `{table}source` names a page: it is one of the two"


def _about_decided(decided: Decided) -> Iterator[str]:
    ways = sum(map(bool, (decided.rules, decided.guardrails, decided.check, decided.service)))
    if ways > 1:
        yield "`[decided]` has more than one of `rules`, `guardrails`, `check` and `service`"
    if bool(decided.check) is not bool(decided.fails):
        yield "`decided.fails` goes with `decided.check`"
    if not ways and not decided.look:
        yield "nothing decides it: `decided.look` has to say how to see for oneself"
    if decided.service and not decided.look:
        yield "`decided.service` goes with `decided.look`: what is not known, people see for themselves"
