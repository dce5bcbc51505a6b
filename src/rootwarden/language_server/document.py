"""One document as its editor sees it: places in lines and columns, answers in the types of the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lsprotocol import types

from rootwarden.errors import RootwardenError
from rootwarden.packs import pages, schema, vocabulary
from rootwarden.rules.completion import ItemKind, completion
from rootwarden.rules.diagnostic import Level, Span
from rootwarden.rules.findings import Depth, examine
from rootwarden.rules.format import format_sentence
from rootwarden.rules.hover import hover
from rootwarden.rules.lint import fixed
from rootwarden.rules.mend import mended
from rootwarden.rules.positions import Lines, Position, Units
from rootwarden.rules.rule_file import is_readable, load_rule_file
from rootwarden.rules.sentences import rewritten, sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rootwarden.rules.diagnostic import Choice, Diagnostic, Edit
    from rootwarden.rules.findings import Finding
    from rootwarden.rules.rule_file import ParameterDefault
    from rootwarden.rules.sentences import Place

SOURCE: Final = "rootwarden"
FIX_ALL: Final = f"{types.CodeActionKind.SourceFixAll.value}.{SOURCE}"
_SEVERITIES: Final = {
    Level.ERROR: types.DiagnosticSeverity.Error,
    Level.WARNING: types.DiagnosticSeverity.Warning,
    Level.NOTE: types.DiagnosticSeverity.Information,
}
_ITEM_KINDS: Final = {
    ItemKind.ENTITY: types.CompletionItemKind.Class,
    ItemKind.ATTRIBUTE: types.CompletionItemKind.Property,
    ItemKind.KEYWORD: types.CompletionItemKind.Keyword,
    ItemKind.OPERATOR: types.CompletionItemKind.Operator,
    ItemKind.FUNCTION: types.CompletionItemKind.Function,
    ItemKind.VALUE: types.CompletionItemKind.Value,
    ItemKind.UNIT: types.CompletionItemKind.Unit,
    ItemKind.PARAMETER: types.CompletionItemKind.Variable,
}
_NAME: Final = 60


class Document:
    """The text of one document. Every answer is a function of it; nothing is kept.

    Attributes:
        uri: What the editor calls it.
        text: Its content.
    """

    def __init__(self, uri: str, text: str, units: Units = Units.UTF16) -> None:
        self.uri = uri
        self.text = text
        self._lines = Lines(text, units)
        self._readable = is_readable(text)

    def diagnostics(self) -> list[types.Diagnostic]:
        """Everything there is to say about it."""
        return [self._diagnostic(one.diagnostic) for one in self._findings()]

    def completion(self, position: types.Position) -> list[types.CompletionItem]:
        """What can be written at a place of a sentence; nothing anywhere else."""
        offset = self._offset(position)
        place = self._place(offset)
        if place is None:
            return []
        names = self._parameters()
        made = completion(place.sentence, place.index(offset), schema(), vocabulary(), parameters=names)
        span = place.span(made.span)
        items = []
        for number, item in enumerate(made.items):
            insert = place.written(item.insert)
            if insert is not None:
                items.append(
                    types.CompletionItem(
                        label=item.label,
                        kind=_ITEM_KINDS[item.kind],
                        detail=item.detail or None,
                        sort_text=f"{number:03}",
                        filter_text=place.written(item.label),
                        text_edit=types.TextEdit(self._range(span), insert),
                    )
                )
        return items

    def hover(self, position: types.Position) -> types.Hover | None:
        """What the word at a place is, and what the diagnostics there mean."""
        offset = self._offset(position)
        place = self._place(offset)
        said: list[str] = []
        span = None
        for one in self._findings():
            if one.diagnostic.span.start <= offset < max(one.diagnostic.span.end, one.diagnostic.span.start + 1):
                page = pages()[one.diagnostic.code]
                said.append(f"**{one.diagnostic.code.value}** {page.title}\n\n{page.text.strip()}")
        if place is not None:
            found = hover(place.sentence, place.index(offset), schema(), vocabulary())
            if found is not None:
                said.insert(0, found.text)
                span = self._range(place.span(found.span))
        if not said:
            return None
        content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(said))
        return types.Hover(content, span)

    def formatting(self) -> list[types.TextEdit] | None:
        """The edit that puts every sentence in its canonical form; `None` while one of them does not parse."""
        if not self._readable:
            return None
        try:
            return self._becomes(rewritten(self.text, format_sentence))
        except RootwardenError:
            return None

    def actions(self, chosen: types.Range, only: Sequence[str] | None) -> Iterator[types.CodeAction]:
        """The fixes of every diagnostic that touches a range, then all plain ones at once.

        Args:
            chosen: The range.
            only: Kinds of action that are wanted, each with those below it; `None` for all.
        """
        start, end = self._offset(chosen.start), self._offset(chosen.end)
        if _wanted(types.CodeActionKind.QuickFix.value, only):
            for one in self._findings():
                if one.diagnostic.span.start <= end and start <= one.diagnostic.span.end:
                    yield from self._fixes(one.diagnostic)
        if _wanted(FIX_ALL, only):
            edits = self._becomes(self._all_fixed())
            if edits:
                edit = types.WorkspaceEdit(changes={self.uri: edits})
                yield types.CodeAction("put right everything that is plain", FIX_ALL, edit=edit)

    def symbols(self) -> list[types.DocumentSymbol]:
        """Its sentences."""
        return [
            types.DocumentSymbol(
                name=" ".join(place.sentence.split())[:_NAME] or "an empty sentence",
                kind=types.SymbolKind.Function,
                range=self._range(Span(place.start, place.end)),
                selection_range=self._range(Span(place.start, place.end)),
            )
            for place in self._places()
        ]

    def _findings(self) -> tuple[Finding, ...]:
        return examine(self.text, schema(), file=self.uri.rpartition("/")[2], depth=Depth.DOUBTS)

    def _fixes(self, diagnostic: Diagnostic) -> Iterator[types.CodeAction]:
        for fix in diagnostic.fixes:
            yield types.CodeAction(
                title=fix.title,
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[self._diagnostic(diagnostic)],
                is_preferred=fix.edits == diagnostic.edits,
                edit=types.WorkspaceEdit(changes={self.uri: self._edits(fix)}),
            )

    def _all_fixed(self) -> str:
        if not self._readable:
            return self.text
        parameters = self._parameters()

        def settled(sentence: str) -> str:
            right = mended(sentence, schema(), parameters=parameters).text
            return fixed(right, schema(), parameters=parameters)

        return self._rewritten(settled)

    def _rewritten(self, change: Callable[[str], str]) -> str:
        """The text with every sentence changed that can be; the others stay."""

        def careful(sentence: str) -> str:
            try:
                return change(sentence)
            except RootwardenError:
                return sentence

        new = rewritten(self.text, careful)
        return self.text if new.rstrip() == self.text.rstrip() else new

    def _becomes(self, text: str) -> list[types.TextEdit]:
        if text == self.text:
            return []
        return [types.TextEdit(self._range(Span(0, len(self.text))), text)]

    def _places(self) -> tuple[Place, ...]:
        return sentences(self.text) if self._readable else ()

    def _place(self, offset: int) -> Place | None:
        """The sentence a place is in."""
        for place in self._places():
            margin = len(place.quote)
            if place.start + margin <= offset <= place.end - margin:
                return place
        return None

    def _parameters(self) -> dict[str, ParameterDefault]:
        try:
            rule = load_rule_file(self.text, parsed=False)
        except RootwardenError:
            return {}
        return {one.name: one.default for one in rule.parameters}

    def _diagnostic(self, diagnostic: Diagnostic) -> types.Diagnostic:
        return types.Diagnostic(
            range=self._range(diagnostic.span),
            message="\n".join(part for part in (diagnostic.message, diagnostic.help) if part),
            severity=_SEVERITIES[diagnostic.level],
            code=diagnostic.code.value,
            source=SOURCE,
        )

    def _edits(self, choice: Choice) -> list[types.TextEdit]:
        return [self._edit(one) for one in choice.edits]

    def _edit(self, edit: Edit) -> types.TextEdit:
        return types.TextEdit(self._range(edit.span), edit.text)

    def _offset(self, position: types.Position) -> int:
        return self._lines.offset(Position(position.line, position.character))

    def _range(self, span: Span) -> types.Range:
        start, end = self._lines.position(span.start), self._lines.position(span.end)
        return types.Range(types.Position(start.line, start.column), types.Position(end.line, end.column))


def _wanted(kind: str, only: Iterable[str] | None) -> bool:
    """Whether an action of this kind is asked for; a kind stands for those below it."""
    return only is None or any(kind == one or kind.startswith(f"{one}.") or not one for one in only)
