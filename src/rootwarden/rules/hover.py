"""What a word of a rule is: an entity, an attribute with its type and source, or a word of the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.rules.diagnostic import Span
from rootwarden.rules.expectation import Expected, expectation
from rootwarden.rules.schema import AttributeType
from rootwarden.rules.tokens import Kind, Tokenizer
from rootwarden.rules.vocabulary import WordKind
from rootwarden.rules.words import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rootwarden.rules.schema import Attribute, Schema
    from rootwarden.rules.tokens import Token
    from rootwarden.rules.vocabulary import Meaning


class Hover(msgspec.Struct, frozen=True):
    """Markdown about a stretch of a rule."""

    span: Span
    text: str


def hover(text: str, offset: int, schema: Schema, vocabulary: Mapping[str, Meaning]) -> Hover | None:
    """What stands at a place, or `None` when there is nothing to say about it.

    Args:
        text: The sentence, finished or not.
        offset: The place: the character behind it counts, at the end of a word the one before it.
        schema: What the sentence may name.
        vocabulary: What the words of the language mean.
    """
    tokens = Tokenizer(text).tokens
    at = next((at for at, one in enumerate(tokens) if one.span.start <= offset <= one.span.end), -1)
    if 0 <= at < len(tokens) - 2 and tokens[at + 1].span.start == offset:
        at += 1
    token = tokens[at]
    if at < 0 or not token.text:
        return None
    said = _name(tokens, at, text, schema) if token.kind is Kind.NAME else ""
    meaning = vocabulary.get(token.word or token.text)
    if not said and meaning is not None:
        said = _meaning(meaning)
    return Hover(token.span, said) if said else None


def _name(tokens: Sequence[Token], at: int, text: str, schema: Schema) -> str:
    """About an entity or attribute; empty when the word is neither."""
    first = at
    while first >= 2 and _is_dot(tokens[first - 1]) and tokens[first - 2].kind is Kind.NAME:  # noqa: PLR2004 - dot and name
        first -= 2
    there = expectation(text, tokens[first].span.start)
    if there.expected is Expected.ENTITY:
        return _entity(schema, tokens[at].text) if first == at else ""
    names = [tokens[index].text for index in range(first, at + 1, 2)]
    path = ".".join([*([there.scope] if there.scope else []), *names])
    attribute = schema.attribute(there.entity, path)
    if attribute is None or there.expected in {Expected.TAIL, Expected.CALLED, Expected.DONE, Expected.UNIT}:
        return ""
    return "\n\n".join(_attribute(attribute, schema, there.entity))


def _entity(schema: Schema, name: str) -> str:
    if not schema.has_entity(name):
        return ""
    entity = schema.entity(name)
    count = len(schema.children(name))
    said = [f"**`{name}`** {entity.summary}", f"{count} attributes" if count != 1 else "1 attribute"]
    if not entity.collected:
        said.append("not collected here: its list is unknown")
    if entity.fed_by:
        said.append(f"listed by {_listed(entity.fed_by)}")
    return "\n\n".join(said)


def _attribute(attribute: Attribute, schema: Schema, entity: str) -> Iterator[str]:
    unit = f", in {attribute.unit}" if attribute.unit else ""
    yield f"**`{attribute.path}`** {attribute.kind}{unit}"
    if attribute.describe:
        yield attribute.describe
    if attribute.values:
        yield "one of " + ", ".join(f'`"{one}"`' for one in attribute.values)
    if attribute.type is AttributeType.DATE:
        yield "epoch seconds; `0` and absent both mean never" + ("; may lie ahead" if attribute.future else "")
    below = list(schema.children(entity, attribute.path))
    if below:
        more = f" and {len(below) - 8} more" if len(below) > 8 else ""  # noqa: PLR2004 - as many as a line holds
        yield f"{'each holds' if attribute.is_list else 'holds'} {_listed(below[:8])}{more}"
    if not attribute.collected:
        yield "known to the language, not collected here: always unknown"
    else:
        yield "can be absent (looked, there is none) or unknown" if attribute.absent else "never absent; can be unknown"
    if attribute.fed_by:
        yield f"from {_listed(attribute.fed_by)}"


def _meaning(meaning: Meaning) -> str:
    kind = "" if meaning.kind is WordKind.STATEMENT else f"{meaning.kind.value}: "
    function = FUNCTIONS.get(meaning.word)
    word = function.value if function is not None else meaning.word
    return f"**`{word}`** {kind}{meaning.text}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _is_dot(token: Token) -> bool:
    return token.kind is Kind.SYMBOL and token.text == "."
