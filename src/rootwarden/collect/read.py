"""Taking typed values out of decoded answers: a wrong type is malformed, a missing name is not in this answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.facts.instant import parse_instant

if TYPE_CHECKING:
    from rootwarden.aws.calls import Json, JsonObject
    from rootwarden.facts.fact import Fact, Source

Answer: TypeAlias = "Fact[JsonObject]"


def malformed(what: str, sources: tuple[Source, ...]) -> Unknown:
    """An answer that is not what AWS documents."""
    call = sources[0].call if sources else "the answer"
    return Unknown(f"{call} answered without a usable {what}", Why.MALFORMED, "", sources)


def flag(answer: Answer, name: str) -> Fact[bool]:
    """A 0/1 entry of GetAccountSummary's `SummaryMap`; an entry AWS did not send is unknown."""
    if not isinstance(answer, Known):
        return answer if isinstance(answer, Unknown) else malformed(f"`{name}`", answer.sources)
    summary = answer.value.get("SummaryMap")
    if not isinstance(summary, dict):
        return malformed("`SummaryMap`", answer.sources)
    value = summary.get(name)
    if value is None:
        return Unknown(f"GetAccountSummary did not answer `{name}`", Why.NOT_SUPPORTED, "", answer.sources)
    if not isinstance(value, int) or value < 0:
        return malformed(f"`{name}`", answer.sources)
    return Known(bool(value), answer.sources)


def text(document: Fact[JsonObject], name: str) -> Fact[str]:
    """A text of an answer; missing, null or empty is absent."""
    if not isinstance(document, Known):
        return document
    value = document.value.get(name)
    if value is None or value == "":
        return Absent(document.sources)
    return Known(value, document.sources) if isinstance(value, str) else malformed(f"`{name}`", document.sources)


def record(document: Fact[JsonObject], name: str) -> Fact[JsonObject]:
    """A record of an answer; missing or null is malformed, since AWS always sends it."""
    if not isinstance(document, Known):
        return document
    value = document.value.get(name)
    return Known(value, document.sources) if isinstance(value, dict) else malformed(f"`{name}`", document.sources)


def records(document: Fact[JsonObject], name: str) -> Fact[tuple[JsonObject, ...]]:
    """A list of records of an answer, all of it: one page of several is no answer to "is there one?"."""
    if not isinstance(document, Known):
        return document
    value = document.value.get(name)
    if not isinstance(value, list):
        return malformed(f"`{name}`", document.sources)
    if document.value.get("IsTruncated") or any(document.value.get(token) for token in ("NextToken", "nextToken")):
        call = document.sources[0].call if document.sources else "the answer"
        return Unknown(f"{call} was kept only in part: further pages are missing", Why.MALFORMED, "", document.sources)
    found = tuple(each for each in value if isinstance(each, dict))
    return Known(found, document.sources) if len(found) == len(value) else malformed(f"`{name}`", document.sources)


def active(document: JsonObject, sources: tuple[Source, ...]) -> Fact[bool]:
    """Whether the `Status` of a key or certificate is `Active`; any word but `Active` and `Inactive` is malformed."""
    status = document.get("Status")
    return Known(status == "Active", sources) if status in ("Active", "Inactive") else malformed("`Status`", sources)


def required_text(document: Fact[JsonObject], name: str, *, digits: int = 0) -> Fact[str]:
    """A text AWS always sends; missing or empty is malformed, and so is one that is not `digits` digits, if given."""
    found = text(document, name)
    wrong = isinstance(found, Known) and digits and not (found.value.isdecimal() and len(found.value) == digits)
    if isinstance(document, Known) and (isinstance(found, Absent) or wrong):
        return malformed(f"`{name}`", document.sources)
    return found


def instant(value: Json, sources: tuple[Source, ...], what: str) -> Fact[datetime]:
    """A timestamp of an answer; null is absent."""
    if value is None:
        return Absent(sources)
    parsed = instant_or_none(value)
    return malformed(f"`{what}`", sources) if parsed is None else Known(parsed, sources)


def instant_or_none(value: Json) -> datetime | None:
    """A timestamp as text or, as version 1 of the AWS CLI prints some, as epoch seconds; else `None`."""
    if isinstance(value, str):
        return parse_instant(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return None
