"""What concerns a document as a whole: its length, and variables in the language of 2008."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.finding import quoted
from rootwarden.iam.lint.nodes import Shape
from rootwarden.iam.pattern import VARIABLES_SINCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.iam.lint.context import Context
    from rootwarden.iam.lint.finding import Kind
    from rootwarden.iam.lint.knowledge import Limit
    from rootwarden.iam.lint.nodes import Node, Place
    from rootwarden.iam.lint.statement import Text, View

_LONGEST: Final = 256
_A_KEY: Final = 100  # comparisons it takes to look up a key


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
    """Note variables of keys there are not, and any where the language of 2008 takes them for characters."""
    version = document.get("Version")
    newer = version is not None and version.node.text == VARIABLES_SINCE
    known: dict[str, bool] = {}
    for text in (text for view in views for text in _texts(view) if text.has_variable):
        if not newer:
            said = f"{quoted(text.text)} is taken letter by letter: variables came with version {VARIABLES_SINCE}"
            context.found.add(Code.OLD_VARIABLES, text.place, said, f'write `"Version": "{VARIABLES_SINCE}"`')
            continue
        for key in text.variables:
            if key not in known and not context.may(_A_KEY):
                return
            if not known.setdefault(key, _is_key(key, context)):
                near = context.knowledge.nearest_key(key) if context.suggests() else ""
                hint = f"did you mean `${{{near}}}`?" if near else "name a condition key"
                said = f"there is no key {quoted(key)}, so the variable in {quoted(text.text)} has no value"
                context.found.add(Code.UNKNOWN_VARIABLE, text.place, said, hint)


def _is_key(key: str, context: Context) -> bool:
    """Whether there is such a key, or only an identity provider knows."""
    if "." in key.partition(":")[0]:
        return True
    if len(key) > _LONGEST:
        return False
    found = context.knowledge.global_key(key)
    return not found.instead if found is not None else context.knowledge.service_key(key) is not None


def _texts(view: View) -> list[Text]:
    resources = list(view.resources.texts) if view.resources is not None else []
    return resources + [value for test in view.tests for value in test.values]
