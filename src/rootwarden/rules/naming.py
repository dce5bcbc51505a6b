"""Names of one rule: what a property is in the schema, what it may be asked, and the mistakes found so far.

A name that is wrong is reported once and nothing is said about what was done with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.rules import corrections, suggest
from rootwarden.rules.diagnostic import Code, Diagnostic, Span
from rootwarden.rules.schema import AttributeType
from rootwarden.rules.syntax import Function, Operator, Quantifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.rules.diagnostic import Choice, Edit
    from rootwarden.rules.schema import Attribute, Schema
    from rootwarden.rules.syntax import Path, Subject

_EQUALITY: Final = frozenset({Operator.EQUAL, Operator.NOT_EQUAL, Operator.IN, Operator.NOT_IN})
_ORDER: Final = frozenset({Operator.GREATER, Operator.GREATER_OR_EQUAL, Operator.LESS, Operator.LESS_OR_EQUAL})
OPERATORS: Final = {
    AttributeType.BOOLEAN: _EQUALITY,
    AttributeType.STRING: _EQUALITY | {Operator.LIKE, Operator.NOT_LIKE},
    AttributeType.NUMBER: _EQUALITY | _ORDER,
    AttributeType.DATE: _EQUALITY | _ORDER,
    AttributeType.IP: _EQUALITY,
    AttributeType.LIST: frozenset({Operator.HAS}),
    AttributeType.RECORD: frozenset[Operator](),
}
# What each function is asked of, and what it gives.
FUNCTIONS: Final = {
    Function.LENGTH: ({AttributeType.LIST, AttributeType.STRING, AttributeType.RECORD}, AttributeType.NUMBER),
    Function.NUMBER_OF_HOSTS: ({AttributeType.IP}, AttributeType.NUMBER),
    Function.IS_PRIVATE: ({AttributeType.IP}, AttributeType.BOOLEAN),
    Function.IS_PUBLIC: ({AttributeType.IP}, AttributeType.BOOLEAN),
    Function.DIVISIBLE_BY: ({AttributeType.NUMBER}, AttributeType.BOOLEAN),
    Function.IS_LATER_THAN: ({AttributeType.DATE}, AttributeType.BOOLEAN),
    Function.IS_EARLIER_THAN: ({AttributeType.DATE}, AttributeType.BOOLEAN),
}
# What may stand alone.
BARE: Final = {AttributeType.BOOLEAN, AttributeType.STRING, AttributeType.LIST, AttributeType.RECORD}
_LENGTH: Final = frozenset({"length", "len", "count", "size"})


def join(scope: str, path: Path) -> str:
    """The dotted path below the entity of a property written inside `scope`."""
    return f"{scope}.{path.dotted}" if scope else path.dotted


class Names:
    """Looks up the names of one rule, and collects its mistakes and what it reads.

    Args:
        schema: The entities and attributes there are.
        entity: What the rule is about.
        text: What it was parsed from.

    Attributes:
        diagnostics: Every mistake, in the order they were found.
        reads: Dotted path of every attribute that was found.
        reads_clock: Whether something asks what time it is.
        test: Where the test stands that is being checked.
    """

    def __init__(self, schema: Schema, entity: str, text: str) -> None:
        self.schema = schema
        self.entity = entity
        self.text = text
        self.diagnostics: list[Diagnostic] = []
        self.reads: set[str] = set()
        self.reads_clock = False
        self.test = Span(0, 0)

    def mistake(
        self,
        code: Code,
        message: str,
        span: Span,
        *,
        label: str = "",
        help_: str = "",
        edits: tuple[Edit, ...] = (),
        choices: tuple[Choice, ...] = (),
    ) -> None:
        """Record one mistake."""
        self.diagnostics.append(
            Diagnostic(code=code, message=message, span=span, label=label, help=help_, edits=edits, choices=choices)
        )

    def resolve(
        self, path: Path, scope: str, *, unknown: Callable[[str, Span], suggest.Suggestion] | None = None
    ) -> Attribute | None:
        """The attribute a property names; `None`, with one mistake recorded, when it names none.

        Args:
            path: As written.
            scope: Where it was written.
            unknown: Makes another suggestion than the usual one from the first name that is wrong, and its place.
        """
        walked = scope
        attribute = None
        for part, span in zip(path.parts, path.spans, strict=True):
            if attribute is not None and not attribute.is_record:
                self._cannot_enter(attribute, path, part, span)
                return None
            if attribute is not None and attribute.to:
                self.reads.add(attribute.path)
            attribute = self.schema.children(self.entity, walked).get(part)
            if attribute is None:
                found = (
                    unknown(part, span) if unknown else suggest.attribute_named(self.schema, self.entity, walked, part)
                )
                self._no_attribute(found, part, walked, scope, Span(path.span.start, span.end))
                return None
            walked = f"{walked}.{part}" if walked else part
        self.reads.add(walked)
        return attribute

    def _no_attribute(self, found: suggest.Suggestion, name: str, holder: str, scope: str, wrong: Span) -> None:
        """A name that is wrong; `wrong` reaches from the first name of its path to it."""
        span = Span(wrong.end - len(name), wrong.end)
        here, there = self._place(scope), self._place(holder)
        holder = f"{self.entity}.{holder}" if holder else self.entity
        edits = corrections.replaced(span, found.instead) if found.instead else ()
        lines, choices = [found.help], []
        for one in found.elsewhere:
            choice = corrections.elsewhere(
                self.text, self.schema, one, entity=here[0], scope=here[1], wrong=wrong, test=self.test
            )
            choice = choice if here[0] == there[0] else None  # a reference lies between
            lines.append(f"  {choice.title if choice else suggest.reach(self.schema, there[0], one)}")
            choices += [choice] if choice else []
        if len(choices) == 1 and len(found.elsewhere) == 1:
            edits = choices.pop().edits
        message, label = f"`{holder}` has no attribute `{name}`", f"not an attribute of `{holder}`"
        self.mistake(
            Code.UNKNOWN_ATTRIBUTE,
            message,
            span,
            label=label,
            help_="\n".join(lines),
            edits=edits,
            choices=tuple(choices),
        )

    def _place(self, path: str) -> tuple[str, str]:
        """The entity that describes what is at a path, and the path below it."""
        return self.schema.place(self.entity, path) or (self.entity, path)

    def _cannot_enter(self, attribute: Attribute, path: Path, part: str, span: Span) -> None:
        """A dot after something that is no record."""
        name = attribute.path.rpartition(".")[2]
        if attribute.is_list:
            at = path.spans.index(span)
            rest = " . ".join(path.parts[at:])
            message = f"`{name}` is a list: a dot cannot choose an element"
            help_ = f"write `{name} with [ {rest} … ]`"
            asked = self.text[self.test.start : self.test.end].startswith(path.parts[0])
            edits = corrections.entered(self.text, path.spans[at - 1], span, self.test) if asked else ()
            self.mistake(Code.LIST_CROSSED, message, span, help_=help_, edits=edits)
        else:
            before = path.spans[path.spans.index(span) - 1]
            help_, edits = "", ()
            if part.lower() in _LENGTH and attribute.type is AttributeType.STRING and path.spans[-1] == span:
                help_, edits = "write `len ( )`", corrections.replaced(Span(before.end, span.end), " len ( )")
            message = f"`{name}` is a {attribute.type}: there is no `{part}` below it"
            self.mistake(Code.NOTHING_BELOW, message, span, help_=help_, edits=edits)

    def wrong_operator(
        self, attribute: Attribute, kind: AttributeType, word: str, span: Span, *, edits: tuple[Edit, ...] = ()
    ) -> None:
        """Record that `word` is no question for this type, and what is."""
        message = f"`{word}` cannot be asked of {article(kind)}"
        if kind is AttributeType.RECORD:
            names = ", ".join(f"`{name}`" for name in list(self.schema.children(self.entity, attribute.path))[:5])
            help_ = f"`{attribute.path}` holds {names}" if names else ""
        elif kind is AttributeType.LIST:
            has_children = bool(self.schema.children(self.entity, attribute.path))
            help_ = "ask its elements: `with [ … ]`, or its length: `len ( )`" if has_children else 'ask `has ( "…" )`'
        else:
            help_ = "here one can ask " + ", ".join(f"`{one.value}`" for one in Operator if one in OPERATORS[kind])
        label = f"`{attribute.path}` is {article(kind)}"
        self.mistake(Code.WRONG_OPERATOR, message, span, label=label, help_=help_, edits=edits)

    def quantified(self, subject: Subject) -> None:
        """Record that a quantifier stands where it says nothing."""
        word = subject.quantifier.value if subject.quantifier else ""
        message = f"`{word}` needs a list and `with [ … ]`"
        help_ = f"leave out `{word}`, or say what of its elements"
        edits: tuple[Edit, ...] = ()
        before = Span(subject.span.start, subject.path.span.start)
        if subject.quantifier is Quantifier.NO:
            help_, edits = "write `not`, or say what of its elements", corrections.replaced(before, "not ")
        elif subject.quantifier is Quantifier.SOME:
            edits = corrections.replaced(before, "")
        self.mistake(Code.WRONG_TEST, message, subject.span, help_=help_, edits=edits)


def article(kind: AttributeType) -> str:
    """A type as it stands in a sentence."""
    return {AttributeType.IP: "an IP address or range"}.get(kind, f"a {kind}")
