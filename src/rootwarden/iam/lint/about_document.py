"""What concerns a document as a whole: its length, and variables in the language of 2008."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.finding import quoted
from rootwarden.iam.lint.nodes import Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.iam.lint.context import Context
    from rootwarden.iam.lint.finding import Kind
    from rootwarden.iam.lint.knowledge import Limit
    from rootwarden.iam.lint.nodes import Node, Place
    from rootwarden.iam.lint.statement import Text, View

_VARIABLES: Final = "2012-10-17"


def check_length(document: Place, text: str | None, kind: Kind, context: Context) -> None:
    """Note a document that is longer than a limit, the newest or one that held before."""
    limits = [one for one in context.knowledge.limits if one.kind is kind and one.counts == "characters"]
    over = [limit for limit in limits if _length(document, text, limit) > limit.newest.value]
    if limits and len(over) == len(limits):
        widest = max(limits, key=lambda one: one.newest.value)
        said = f"{_length(document, text, widest):,} characters; {widest.what} has at most {widest.newest.value:,}"
        context.found.add(Code.TOO_LONG, document, said, _since(widest))
        return
    for limit in over:
        said = f"{_length(document, text, limit):,} characters; {limit.what} has at most {limit.newest.value:,}"
        context.found.add(Code.OVER_OLDER_LIMIT, document, said, _since(limit))
    for limit in limits:
        length, older = _length(document, text, limit), limit.values[-2:-1]
        if limit not in over and older and length > older[0].value:
            said = f"{length:,} characters; until {limit.newest.since} {limit.what} had at most {older[0].value:,}"
            context.found.add(Code.OVER_OLDER_LIMIT, document, said, "check that the newer limit holds where it goes")


def _since(limit: Limit) -> str:
    blanks = "" if limit.blanks else ", blanks between elements not counted"
    since = f" since {limit.newest.since}" if limit.newest.since else ""
    return f"{limit.basis}{since}{blanks}"


def _length(document: Place, text: str | None, limit: Limit) -> int:
    """Characters as the limit counts them; of a document that came decoded, without blanks."""
    return len(text) if limit.blanks and text is not None else compact(document.node)


def compact(node: Node) -> int:
    """How many characters a value has without blanks between its parts."""
    if node.shape is Shape.OBJECT:
        inner = sum(_quoted(one.name) + 1 + compact(one.value) for one in node.members)
        return inner + max(len(node.members) - 1, 0) + 2
    if node.shape is Shape.LIST:
        return sum(compact(one) for one in node.items) + max(len(node.items) - 1, 0) + 2
    if node.span is not None:
        return node.span.end - node.span.start
    return _quoted(node.text) if node.shape is Shape.TEXT else len(node.text) or len("null")


def _quoted(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False))


def check_variables(document: Place, views: Sequence[View], context: Context) -> None:
    """Note variables where the language of 2008 counts, which takes them for characters."""
    version = document.get("Version")
    if version is not None and version.node.text == _VARIABLES:
        return
    for view in views:
        for text in _texts(view):
            if text.has_variable:
                said = f"{quoted(text.text)} is taken letter by letter: variables came with version {_VARIABLES}"
                context.found.add(Code.OLD_VARIABLES, text.place, said, f'write `"Version": "{_VARIABLES}"`')


def _texts(view: View) -> list[Text]:
    resources = list(view.resources.texts) if view.resources is not None else []
    return resources + [value for test in view.tests for value in test.values]
