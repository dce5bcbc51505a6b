"""One resource as the rule language sees it: attributes by name, each made when somebody reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from rootwarden.facts.fact import Absent, Fact, Known, Unknown, transform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rootwarden.facts.fact import Source

S = TypeVar("S")
Record: TypeAlias = Mapping[str, Fact[object]]
# How each attribute of an entity is read from what is known of the resource.
Table: TypeAlias = Mapping[str, Callable[[S], Fact[object]]]
# The resources of one entity; one of them may be something nobody could read.
Listing: TypeAlias = "Fact[tuple[Resource | Unknown, ...]]"


class LazyRecord(Mapping[str, Fact[object]], Generic[S]):
    """A record that reads its attributes when they are asked for, each once.

    References lead from record to record and in circles; nothing behind one is made before a rule goes there.

    Args:
        subject: What is known of the resource.
        table: How each attribute is read from that.
        sources: Where it was seen, for attributes that do not say so themselves.
    """

    __slots__ = ("_made", "_sources", "_subject", "_table")

    def __init__(self, subject: S, table: Table[S], sources: tuple[Source, ...] = ()) -> None:
        self._subject = subject
        self._table = table
        self._sources = sources
        self._made: dict[str, Fact[object]] = {}

    def __getitem__(self, name: str) -> Fact[object]:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = sourced(self._table[name](self._subject), self._sources)
        return made

    def get(self, name: str, default: Any = None) -> Any:
        """The attribute, or `default` when the entity has none of that name here."""
        return self[name] if name in self._table else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class Resource(LazyRecord[Any]):
    """The record of a resource that findings can name.

    Args:
        name: Its ARN, or what stands for one.
        key: What references to it go by: an ARN, the name of a group.
        subject: What is known of it.
        table: How each attribute is read from that.
        sources: Where it was seen.
    """

    __slots__ = ("key", "name")

    def __init__(
        self, name: str, subject: object, table: Table[Any], *, key: str = "", sources: tuple[Source, ...] = ()
    ) -> None:
        super().__init__(subject, table, sources)
        self.name = name
        self.key = key or name

    @property
    def label(self) -> str:
        """What it is called as an element of a list: an account by its id, all else by its name."""
        return self.key if self.key.isdigit() else self.name


def date(fact: Fact[datetime]) -> Fact[object]:
    """An instant as the language has dates: whole epoch seconds."""
    return transform(fact, lambda instant: int(instant.timestamp()))


def text(value: str, sources: tuple[Source, ...] = ()) -> Fact[object]:
    """A text; an empty one is absent."""
    return Known(value, sources) if value else Absent(sources)


def sourced(fact: Fact[object], sources: tuple[Source, ...]) -> Fact[object]:
    """A known or absent fact that came without a source, with that of what it was part of; a record all through."""
    if isinstance(fact, Unknown) or not sources:
        return fact
    if isinstance(fact, Absent):
        return fact if fact.sources else Absent(sources, fact.note)
    value = fact.value
    if isinstance(value, dict):
        value = {name: sourced(each, sources) for name, each in value.items()}
    elif fact.sources:
        return fact
    return Known(value, fact.sources or sources, fact.note)
