"""What can be written at a place of a rule that need not be finished, out of the schema and the grammar."""

from __future__ import annotations

from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.rules.diagnostic import Span
from rootwarden.rules.expectation import Expected, expectation
from rootwarden.rules.instants import UNITS
from rootwarden.rules.naming import BARE, FUNCTIONS, OPERATORS
from rootwarden.rules.schema import AttributeType
from rootwarden.rules.syntax import Function, Operator
from rootwarden.rules.words import FUNCTIONS as FUNCTION_WORDS
from rootwarden.rules.words import RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.rules.expectation import Expectation
    from rootwarden.rules.schema import Attribute, Schema
    from rootwarden.rules.vocabulary import Meaning

# More would be a list to scroll through, not a help; the next letter narrows it.
MAXIMUM_ITEMS: Final = 200


class ItemKind(StrEnum):
    """What an item is, for its symbol in an editor."""

    ENTITY = "entity"
    ATTRIBUTE = "attribute"
    KEYWORD = "keyword"
    OPERATOR = "operator"
    FUNCTION = "function"
    VALUE = "value"
    UNIT = "unit"
    PARAMETER = "parameter"


class Item(msgspec.Struct, frozen=True):
    """One thing that can be written.

    Attributes:
        label: As it is listed.
        kind: What it is.
        insert: What to write.
        detail: A few words beside it: a type, a meaning.
    """

    label: str
    kind: ItemKind
    insert: str
    detail: str = ""


class Completion(msgspec.Struct, frozen=True):
    """The items, the likeliest first, and the stretch of the rule that the chosen one takes the place of."""

    span: Span
    items: tuple[Item, ...]


def completion(
    text: str, offset: int, schema: Schema, vocabulary: Mapping[str, Meaning], *, parameters: Iterable[str] = ()
) -> Completion:
    """What can be written at a place.

    Args:
        text: The sentence, finished or not.
        offset: The place, between two characters.
        schema: What it may name.
        vocabulary: What the words of the language mean.
        parameters: The parameters of the rule's file.
    """
    there = expectation(text, offset)
    maker = _Maker(there, schema, vocabulary, tuple(parameters))
    begun = there.word.lstrip('"“').lower()
    items = [one for one in maker.items() if begun in one.label.lower()]
    items.sort(key=lambda one: not one.label.lower().lstrip('"').startswith(begun))
    return Completion(there.span, tuple(items[:MAXIMUM_ITEMS]))


# Words that stand alone at a place, whatever the property.
_WORDS: Final[dict[Expected, tuple[str, ...]]] = {
    Expected.SCOPE: ("where", "should have", "should not have"),
    Expected.HAVE: ("have", "not have"),
    Expected.JUST_HAVE: ("have",),
    Expected.AMOUNT: ("one",),
    Expected.NOT_OPERATOR: ("in (", "like"),
    Expected.LAST: ("last",),
    Expected.THAN: ("than",),
    Expected.ANOTHER: ("and",),
    Expected.ROOT: ("root",),
    Expected.BRACKET: ("(",),
    Expected.SQUARE: ("[",),
}
_QUANTIFIERS: Final = ("every", "no", "atleast one", "atleast", "atmost", "exactly")
_SETS: Final = frozenset({Operator.IN, Operator.NOT_IN, Operator.HAS})
# Arguments to begin with; other functions take none.
_ARGUMENTS: Final = {
    Function.IS_LATER_THAN: '( -1, "days" )',
    Function.IS_EARLIER_THAN: '( -1, "days" )',
    Function.DIVISIBLE_BY: "( 2 )",
}
# Tests by meaning, whose values are strings of their own; a few actions to begin with, as there are thousands.
_MEANT: Final = frozenset({"catches", "allows", "denies"})
_ACTIONS: Final = ("*", "iam:*", "iam:CreateAccessKey", "organizations:LeaveOrganization")
_SHORTER: Final = {
    AttributeType.DATE: ("within last", "older than", "never"),
    AttributeType.NUMBER: ("between", "to"),
    AttributeType.IP: ("overlaps (",),
}


class _Maker:
    """Makes the items for one place."""

    def __init__(
        self, there: Expectation, schema: Schema, vocabulary: Mapping[str, Meaning], parameters: tuple[str, ...]
    ) -> None:
        self.there = there
        self.schema = schema
        self.vocabulary = vocabulary
        self.parameters = parameters

    def items(self) -> Iterable[Item]:
        """Everything the grammar and the schema allow, the likeliest first."""
        made = {
            Expected.ENTITY: self._entities,
            Expected.CONDITION: self._condition,
            Expected.SUBJECT: self._subject,
            Expected.MEMBER: lambda: self._attributes(self.there.path),
            Expected.TAIL: lambda: chain(self._tail(), self._after() if self._stands_alone() else ()),
            Expected.CALLED: lambda: chain(
                self._operators(self._result()), self._after() if self._stands_alone() else ()
            ),
            Expected.VALUE: self._values,
            Expected.VALUES: self._values,
            Expected.ARGUMENT: self._arguments,
            Expected.DURATION: self._parameters,
            Expected.UNIT: lambda: (self._word(unit, ItemKind.UNIT) for unit in UNITS),
            Expected.DONE: self._after,
        }
        return made.get(self.there.expected, lambda: self._words(_WORDS.get(self.there.expected, ())))()

    def _entities(self) -> Iterator[Item]:
        return (Item(name, ItemKind.ENTITY, f"{name} ") for name in self.schema.names)

    def _condition(self) -> Iterator[Item]:
        yield from self._attributes(self.there.scope)
        yield from self._words(("not", *_QUANTIFIERS, "("))

    def _subject(self) -> Iterator[Item]:
        there = self.there
        # A record is a list of one, and may lead to lists.
        kinds = {AttributeType.NUMBER} if there.operator == "to" else {AttributeType.LIST, AttributeType.RECORD}
        for item in self._attributes(there.scope, only=kinds):
            path = f"{there.scope}.{item.label}" if there.scope else item.label
            # Of plain values one can only ask whether the list holds them, which `every` does not go with.
            if there.quantifier != "every" or self.schema.children(there.entity, path):
                yield item

    @property
    def _attribute(self) -> Attribute | None:
        return self.schema.attribute(self.there.entity, self.there.path)

    def _result(self) -> AttributeType | None:
        """The type of what is asked: the property's, or that of what its function gives."""
        function = FUNCTION_WORDS.get(self.there.function)
        if function is not None:
            return FUNCTIONS[function][1]
        attribute = self._attribute
        return attribute.type if attribute is not None else None

    def _stands_alone(self) -> bool:
        """Whether what is written so far is a condition already."""
        there = self.there
        return self._result() in BARE and there.quantifier != "every" and there.operator != "to"

    def _attributes(self, scope: str, *, only: set[AttributeType] | None = None) -> Iterator[Item]:
        for name, attribute in self.schema.children(self.there.entity, scope).items():
            # A keyword is a name only after a dot.
            hidden = name.lower() in RESERVED and self.there.expected is not Expected.MEMBER
            if (only is None or attribute.type in only) and not hidden:
                detail = attribute.kind if attribute.collected else f"{attribute.kind}, not collected"
                yield Item(name, ItemKind.ATTRIBUTE, name, detail)

    def _tail(self) -> Iterator[Item]:
        """What can be asked of the property."""
        attribute = self._attribute
        if attribute is None or self.there.operator == "to":
            yield from self._words(("overlaps (",) if self.there.operator == "to" else ())
            return
        below = self.schema.children(self.there.entity, attribute.path)
        if below:
            yield from self._words(("with [", *(() if attribute.is_record else ("where",))))
        if attribute.is_record and below:
            yield Item(".", ItemKind.OPERATOR, ". ", "an attribute of the record")
        if not (attribute.is_list and below):
            yield from self._operators(attribute.type)
        yield from self._words(_SHORTER.get(attribute.type, ()))
        if {"Effect", "Action"} <= set(below):
            yield from self._words(("allows (", "denies ("))
        if attribute.type is AttributeType.STRING and attribute.path.endswith("Pattern"):
            yield from self._words(("catches (",))
        for function, (askable, _) in FUNCTIONS.items():
            if attribute.type in askable:
                arguments = _ARGUMENTS.get(function, "( )")
                insert = f"{function.value} {arguments}"
                yield Item(f"{function.value} ( )", ItemKind.FUNCTION, insert, self._meaning(function.value))

    def _operators(self, kind: AttributeType | None) -> Iterator[Item]:
        for operator in Operator:
            if kind is not None and operator in OPERATORS[kind]:
                yield self._word(f"{operator.value} (" if operator in _SETS else operator.value, ItemKind.OPERATOR)

    def _values(self) -> Iterator[Item]:
        attribute, kind = self._attribute, self._result()
        if self.there.operator in _MEANT:
            yield from self._meant()
            return
        if kind is AttributeType.BOOLEAN:
            yield from (self._word(word, ItemKind.VALUE) for word in ("true", "false"))
        elif kind is AttributeType.DATE:
            yield Item("0", ItemKind.VALUE, "0", "never")
        elif kind is AttributeType.STRING and attribute is not None:
            yield from (Item(f'"{one}"', ItemKind.VALUE, f'"{one}"') for one in attribute.values)
        yield from self._parameters()
        if kind is not None and not self.there.function:
            for item in self._attributes(self.there.scope, only={kind}):
                if not self.there.path.endswith(item.label):
                    yield item

    def _meant(self) -> Iterator[Item]:
        """Sets of sample events; of actions, those that decide about root."""
        if self.there.operator == "catches":
            named = [(name, "events") for name in sorted(self.schema.sample_sets)]
        else:
            named = (
                [(action, "action") for action in _ACTIONS] if self.there.position == 0 else [("*", "every resource")]
            )
        yield from (Item(f'"{name}"', ItemKind.VALUE, f'"{name}"', detail) for name, detail in named)

    def _arguments(self) -> Iterator[Item]:
        if FUNCTION_WORDS.get(self.there.function) not in _ARGUMENTS:
            return
        if FUNCTION_WORDS[self.there.function] is Function.DIVISIBLE_BY:
            yield from self._parameters()
        elif self.there.position == 0:
            yield Item("-1", ItemKind.VALUE, "-1", "one back")
            yield from (Item(f"-{name}", ItemKind.PARAMETER, f"-{name}", "parameter") for name in self.parameters)
        else:
            yield from (Item(f'"{unit}"', ItemKind.UNIT, f'"{unit}"') for unit in UNITS)

    def _parameters(self) -> Iterator[Item]:
        yield from (Item(name, ItemKind.PARAMETER, name, "parameter") for name in self.parameters)

    def _after(self) -> Iterator[Item]:
        """How a condition goes on or ends."""
        yield from self._words(("and", "or"))
        for closer in self.there.closers:
            yield from self._words(
                {"should": ("should have", "should not have"), "with": ("with [",)}.get(closer, (closer,))
            )
        if self.there.operator == "denies":
            yield from self._words(("for root",))

    def _words(self, words: Iterable[str]) -> Iterator[Item]:
        return (self._word(word, ItemKind.KEYWORD) for word in words)

    def _word(self, word: str, kind: ItemKind) -> Item:
        ends = kind in {ItemKind.VALUE, ItemKind.UNIT} or word in {")", "]", "never", "for root"}
        return Item(word, kind, word if ends else f"{word} ", self._meaning(word))

    def _meaning(self, word: str) -> str:
        meaning = self.vocabulary.get(word.partition(" ")[0].lower())
        return meaning.text if meaning is not None else ""
