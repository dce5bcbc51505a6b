"""Statements nothing ever fits, and statements and values that change nothing because of another one.

Only what is sure is said: where patterns, variables or conditions leave a doubt, there is no finding.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Final

from rootwarden.iam.lint.about_actions import is_everything, spelled
from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.finding import quoted
from rootwarden.iam.lint.operators import Family
from rootwarden.iam.wildcards import covers, overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.iam.lint.context import Context
    from rootwarden.iam.lint.statement import Element, Test, Text, View, Who


_LONGEST: Final = 512  # what is longer is not compared: nothing is said of it
_LAST: Final = 5  # colons of an ARN before its last part


def check_never(view: View, context: Context) -> None:
    """Note a condition that no request satisfies, and several actions of which there is none."""
    _no_action(view, context)
    for one, other in combinations(view.tests[:50], 2):
        if one.name == other.name and (why := _contradiction(one, other) or _contradiction(other, one)):
            said = f"the statement never matches: {quoted(other.key.text)} {why}"
            context.found.add(Code.NEVER_MATCHES, other.key.place, said, "take one of the two out")


def _no_action(view: View, context: Context) -> None:
    element = view.actions
    if element is None or element.negated or len(element.texts) == 1:
        return  # of a single action the finding about it says so
    for text in element.texts:
        if is_everything(text.text):
            return
        meaning = context.meaning(text) if spelled(text.text) else None
        if meaning is None and spelled(text.text):
            return  # nobody looked
        if meaning is not None and meaning.actions:
            return
    said = "the statement never matches: there is none of its actions"
    context.found.add(Code.NEVER_MATCHES, element.place, said, "mend the actions")


def _contradiction(one: Test, other: Test) -> str:
    """Why two tests of one key are never both true, as far as that is plain; empty when they may be."""
    missing = one.operator.family is Family.NULL and all(value.text.lower() == "true" for value in one.values)
    if missing and other.operator.family is not Family.NULL and not other.operator.holds_without:
        return "has to be missing and to have a value"
    if not (_is_exact(one) and _is_exact(other)) or one.operator.negated:
        return ""
    first, second = ({value.text for value in test.values} for test in (one, other))
    if other.operator.negated:
        return "has to be and not to be the same" if first <= second else ""
    return "has to be two things at once" if not first & second else ""


def _is_exact(test: Test) -> bool:
    """One value of the request, compared letter by letter with plain texts, and needed unless negated."""
    operator = test.operator
    plain = operator.name in {"StringEquals", "StringNotEquals"} and not operator.every and not operator.some
    return plain and (operator.negated or not operator.if_exists) and not any("${" in one.text for one in test.values)


def check_needless(views: Sequence[View], context: Context) -> None:
    """Note statements and values another one makes needless, and allows that are denied in the same policy."""
    for view in views:
        for element in (view.actions, view.resources):
            if element is not None and not _twice(element, context, of_actions=element is view.actions):
                return
    whole = [(view, _asked(view)) for view in views if view.whole and _is_plain(view)]
    for view, asked in whole:
        for other, also in whole:
            # All that a wider statement asks, the narrower one asks too, word for word.
            if view is other or (other.effect == "Allow" and view.effect == "Deny") or not also <= asked:
                continue
            if not context.may(_work(other, view)):
                return
            if _covers(other, view):
                twins = asked <= also and _covers(view, other)
                _say(view, other, context, twins=twins)
                break


def _asked(view: View) -> frozenset[tuple[object, ...]]:
    """The tests of a statement, comparable."""
    return frozenset((test.operator, test.name, frozenset(one.text for one in test.values)) for test in view.tests)


def _work(one: View, other: View) -> int:
    """How many comparisons it takes at most to see whether one statement covers the other."""
    if not _may_cover(one.actions, other.actions):
        return 1
    pairs = ((one.actions, other.actions), (one.resources, other.resources))
    return 1 + sum(len(a.texts) * len(b.texts) for a, b in pairs if a is not None and b is not None)


def _may_cover(one: Element | None, other: Element | None) -> bool:
    """A quick look: whether the services of the narrower list are all in the wider one."""
    if one is None or other is None or one.negated or other.negated:
        return True
    wide, narrow = ({text.text.lower().partition(":")[0] for text in element.texts} for element in (one, other))
    return "*" in wide or narrow <= wide


def _is_plain(view: View) -> bool:
    """Whether every action is one evaluation reads; of others nobody knows what they match."""
    return view.actions is not None and all(spelled(text.text) for text in view.actions.texts)


def _say(view: View, other: View, context: Context, *, twins: bool) -> None:
    where = f"the one at `{other.place.pointer}`"
    if view.effect != other.effect:
        said = f"the statement allows nothing: {where} denies all of it"
        context.found.add(Code.ALLOW_DENIED, view.place, said, "take it out, or narrow the deny")
    elif not twins or _number(view) > _number(other):  # of two that say the same the later one is needless
        said = f"the statement changes nothing: {where} says all of it"
        context.found.add(Code.NEEDLESS_STATEMENT, view.place, said, "take it out")


def _number(view: View) -> int:
    last = view.place.tokens[-1] if view.place.tokens else ""
    return int(last) if last.isdigit() else 0


def _twice(element: Element, context: Context, *, of_actions: bool) -> bool:
    """Note values another value of the same list covers; whether there was budget to look."""
    seen: dict[str, Text] = {}
    groups: defaultdict[str, list[tuple[str, Text]]] = defaultdict(list)
    for text in element.texts:
        written = _word(text, lowered=of_actions)
        if written in seen:
            _note_covered(text, seen[written], context)
            continue
        seen[written] = text
        if of_actions and not spelled(written):
            continue  # it matches nothing, so it covers nothing
        groups[written.partition(":")[0] if of_actions else ""].append((written, text))
    everything = groups.pop("*", []) if of_actions else []
    for group in groups.values():
        wide = everything + [(written, text) for written, text in group if "*" in written or "?" in written]
        if not context.may(len(wide) * len(group)):
            return False
        for written, text in group:
            wider = next((one for pattern, one in wide if pattern != written and _wider(pattern, written)), None)
            if wider is not None:
                _note_covered(text, wider, context)
    return True


def _note_covered(text: Text, wider: Text, context: Context) -> None:
    said = f"{quoted(text.text)} changes nothing beside {quoted(wider.text)}"
    context.found.add(Code.NEEDLESS_VALUE, text.place, said, "take it out")


def _wider(pattern: str, other: str) -> bool:
    """Whether the pattern covers the other; variables stand for anything, so they are only covered by a star."""
    if pattern == other:
        return True
    if "${" in pattern or ("?" in pattern and "${" in other) or len(pattern) > _LONGEST or len(other) > _LONGEST:
        return False
    if not pattern.startswith("arn:"):
        return covers(pattern, other)
    # ARNs are compared part by part, shorter ones as texts; of one as a text and one in parts nothing is said.
    wide, narrow = (text.split(":", _LAST) for text in (pattern, other))
    return len(wide) == len(narrow) and all(covers(one, part) for one, part in zip(wide, narrow, strict=True))


def _covers(one: View, other: View) -> bool:
    """Whether whatever fits `other`, conditions aside, surely fits `one`."""
    return (
        _may_cover(one.actions, other.actions)
        and _elements(one.actions, other.actions, lowered=True)
        and _elements(one.resources, other.resources, lowered=False)
        and _principals(one.who, other.who)
    )


def _elements(one: Element | None, other: Element | None, *, lowered: bool) -> bool:
    if one is None or other is None:
        return one is None and other is None
    wide, narrow = ([_word(text, lowered=lowered) for text in element.texts] for element in (one, other))
    if one.negated and other.negated:
        return all(any(_wider(excepted, here) for excepted in narrow) for here in wide)
    if one.negated:
        return not any(_may_meet(excepted, here) for excepted in wide for here in narrow)
    if other.negated:
        return "*" in wide
    return all(any(_wider(pattern, here) for pattern in wide) for here in narrow)


def _word(text: Text, *, lowered: bool) -> str:
    written = "*" if lowered and is_everything(text.text) else text.text
    return written.lower() if lowered else written


def _may_meet(one: str, other: str) -> bool:
    return "${" in one or "${" in other or overlap(one, other)


def _principals(one: Who | None, other: Who | None) -> bool:
    if one is None or other is None:
        return one is None and other is None
    if one.is_everybody:
        return True
    first, second = ({(kind, text.text) for kind, text in who.named} for who in (one, other))
    if one.negated or other.negated:
        return one.negated and other.negated and first <= second
    return second <= first
