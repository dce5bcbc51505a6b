"""One request before and after a change: is it newly denied, surely or perhaps?

What is not known is the same before and after: a statement that may match either matches in both or in neither. So a
request is newly denied perhaps only if a statement the change brings may deny it, or a level it alters may allow
nothing any more. Statements that ask for one key nobody knows are decided together, case by case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.iam_document import IamDocument, Principals, Statement
from rootwarden.guardrails.replaying.cases import cases_of
from rootwarden.guardrails.replaying.paths import AT, Side
from rootwarden.guardrails.replaying.ruling import Place
from rootwarden.iam.decision import Question, decide
from rootwarden.iam.layer import Policy, view
from rootwarden.iam.principal import Principal
from rootwarden.iam.statement import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rootwarden.guardrails.asking import Around
    from rootwarden.guardrails.replaying.paths import Layers, Paths
    from rootwarden.iam.context import Held
    from rootwarden.iam.decision import Answer

_ALL: Final = ("*",)
_GRANT: Final = Statement(effect="Allow", actions=_ALL, resources=_ALL)
_GRANTED: Final = (Policy("", IamDocument("2012-10-17", (_GRANT,))),)
_OPEN: Final = Policy(
    "",
    IamDocument(
        "2012-10-17", (Statement(effect="Allow", actions=_ALL, resources=_ALL, principals=Principals(aws=_ALL)),)
    ),
)
_DENIED: Final = frozenset({"ExplicitlyDenied", "ImplicitlyDenied"})
_ALLOWED: Final = "Allowed"


class Asked(msgspec.Struct, frozen=True, eq=False):
    """A request, and the policies above who asks and above what it is about."""

    who: Principal
    request: Request
    owner: str
    scp: Side
    rcp: Side


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What a change does to one request.

    Attributes:
        denied: Whether the policies after it deny the request: surely, perhaps.
        was_denied: Whether those before do.
        newly: Whether the request is denied after and not before: surely, perhaps.
        freed: Whether it is denied before and not after.
        added: Whether a deny that the change brings matches: surely, perhaps.
        by: Statements that deny it after the change.
        freed_by: Statements that denied it before.
        depends_on: What is not known.
    """

    denied: tuple[bool, bool]
    was_denied: tuple[bool, bool]
    newly: tuple[bool, bool]
    freed: tuple[bool, bool]
    added: tuple[bool, bool]
    by: tuple[Place, ...]
    freed_by: tuple[Place, ...]
    depends_on: tuple[str, ...]


class _Deny(msgspec.Struct, frozen=True):
    """A deny that matches or may: what it says, and where it stands."""

    said: int
    name: str
    index: int
    surely: bool

    @property
    def there(self) -> tuple[int, str]:
        """What it says, and at which target."""
        return self.said, self.name.partition(AT)[2]


def compare(asked: Asked, paths: Paths, around: Around) -> Compared:
    """Decide a request before and after; where it depends, in each case of what several statements ask for."""
    found = _compared(asked, paths, around)
    if not _is_open(found):
        return found
    request = asked.request
    statements = (*asked.scp.statements, *asked.rcp.statements)
    each = [
        _compared(msgspec.structs.replace(asked, request=_supposing(request, case)), paths, around)
        for case in cases_of(request, statements)
    ]
    return found if not each else _bounded(found, each)


def _is_open(found: Compared) -> bool:
    newly, freed, added = found.newly, found.freed, found.added
    return newly[0] != newly[1] or freed[0] != freed[1] or (found.was_denied[1] and added[0] != added[1])


def _supposing(request: Request, case: Mapping[str, Held]) -> Request:
    return Request(request.action, request.resource, request.context.carrying(case))


def _bounded(found: Compared, each: list[Compared]) -> Compared:
    """What was found, as sure as it is in every case."""
    return msgspec.structs.replace(
        found,
        denied=_all_and_any([one.denied for one in each]),
        was_denied=_all_and_any([one.was_denied for one in each]),
        newly=_all_and_any([one.newly for one in each]),
        freed=_all_and_any([one.freed for one in each]),
        added=_all_and_any([one.added for one in each]),
    )


def _compared(asked: Asked, paths: Paths, around: Around) -> Compared:
    before, after = _decided(asked, around, after=False), _decided(asked, around, after=True)
    own, others = _denies(before, paths), _denies(after, paths)
    known = {one.said for one in own}
    left = {one.said for one in others}
    added = [one for one in others if one.said not in known]
    removed = [one for one in own if one.said not in left]
    there = {one.there for one in own}
    brought = [one for one in others if one.there not in there]
    was, now = _bounds(before), _bounds(after)
    closes = _closes(asked.scp.before, asked.scp.after, asked.request, paths)
    opens = _closes(asked.scp.after, asked.scp.before, asked.request, paths)
    unplaced = asked.scp.unplaced or asked.rcp.unplaced
    newly = (now[0] and not was[1] and not unplaced, (bool(added) or closes) and not was[0] and now[1])
    freed = (was[0] and not now[1] and not unplaced, (bool(removed) or opens) and was[1] and not now[0])
    return Compared(
        denied=now,
        was_denied=was,
        newly=newly,
        freed=freed,
        added=(any(one.surely for one in brought) and not unplaced, bool(brought)),
        by=_places(added or brought or others, after, paths, asked.scp.after, asked.request),
        freed_by=_places(removed or own, before, paths, asked.scp.before, asked.request),
        depends_on=_dependencies((after, before), [*added, *removed], paths, unplaced),
    )


def whichever(found: list[Compared], doubt: str) -> Compared:
    """One request in every way in which it may have been made: sure is what comes of all of them.

    Args:
        found: What comes of each; one at least.
        doubt: What is not known, where they differ.
    """
    first = found[0]
    if all(one == first for one in found):
        return first
    return Compared(
        denied=_all_and_any([one.denied for one in found]),
        was_denied=_all_and_any([one.was_denied for one in found]),
        newly=_all_and_any([one.newly for one in found]),
        freed=_all_and_any([one.freed for one in found]),
        added=_all_and_any([one.added for one in found]),
        by=tuple(sorted({place for one in found for place in one.by})),
        freed_by=tuple(sorted({place for one in found for place in one.freed_by})),
        depends_on=tuple(dict.fromkeys([*(key for one in found for key in one.depends_on), doubt])),
    )


def _all_and_any(found: list[tuple[bool, bool]]) -> tuple[bool, bool]:
    return all(surely for surely, _ in found), any(perhaps for _, perhaps in found)


def _decided(asked: Asked, around: Around, *, after: bool) -> Answer:
    return decide(
        Question(
            who=asked.who,
            request=asked.request,
            resource_account=asked.owner,
            identity=_GRANTED,
            resource=_OPEN,
            scp=asked.scp.after if after else asked.scp.before,
            rcp=asked.rcp.after if after else asked.rcp.before,
            management_account=around.management,
            resource_controlled=around.resource_controlled,
        )
    )


def _bounds(answer: Answer) -> tuple[bool, bool]:
    """Whether a request is denied surely, and perhaps."""
    return answer.at_most in _DENIED, answer.at_least in _DENIED


def _denies(answer: Answer, paths: Paths) -> list[_Deny]:
    found = []
    for reason in answer.because:
        if reason.layer in {"scp", "rcp"} and reason.matched is not False and reason.policy:
            if not paths.denies(reason.policy, reason.index):
                continue
            said = paths.said(reason.policy, reason.index)
            found.append(_Deny(said, reason.policy, reason.index, reason.matched is True))
    return found


def _closes(before: Layers | None, after: Layers | None, request: Request, paths: Paths) -> bool:
    """Whether a level of service control policies may allow nothing of a request any more that it allowed before."""
    for own, others in zip(before or (), after or (), strict=False):
        if own == others:
            continue
        now = view("scp", others, request)
        if now.allows(at_most=False):
            continue
        allows = {paths.said(one.reason.policy, one.reason.index) for one in now.matches if one.denies is not True}
        was = view("scp", own, request).matches
        if any(one.denies is not True and paths.said(one.reason.policy, one.reason.index) not in allows for one in was):
            return True
    return False


def _places(
    denies: list[_Deny], answer: Answer, paths: Paths, layers: Layers | None, request: Request
) -> tuple[Place, ...]:
    """The statements that deny, or else the level that allows nothing."""
    found = (paths.place(one.name, one.index) for one in denies)
    places = sorted({one for one in found if one is not None})
    if not places and answer.at_least != _ALLOWED:
        places = sorted(set(_silent(layers, paths, request)))
    return tuple(places)


def _silent(layers: Layers | None, paths: Paths, request: Request) -> Iterator[Place]:
    for level in layers or ():
        if not view("scp", level, request).allows(at_most=False) and level:
            place = paths.place(level[0].name, 0)
            if place is not None:
                yield Place("", "", place.target)


def _dependencies(answers: tuple[Answer, Answer], moved: list[_Deny], paths: Paths, unplaced: str) -> tuple[str, ...]:
    """What is not known, where that decides."""
    found = dict.fromkeys(paths.words(one) for answer in answers for one in answer.depends_on)
    if unplaced and moved:
        found.setdefault(unplaced)
    return tuple(found)
