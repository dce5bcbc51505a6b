"""Answers by file name: the one shape live collection and evidence folders share, so that both give the same facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.aws.calls import JsonObject
from rootwarden.collect.files import action_of, is_root_session_file
from rootwarden.collect.refusal import fact_of_error
from rootwarden.facts.fact import Absent, Known, Source, Unknown, Why
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.facts.fact import Fact


# Answers are small; a credential report of 5,000 users is the largest, below 8 MiB as base64.
MAXIMUM_BYTES = 64 * 1024 * 1024


class CallRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of `collection.json`: which call answered into which file, when, or which error it gave.

    `file` is below the evidence folder. `error` is AWS's error code, empty when the call answered.
    """

    file: str
    call: str
    account: str = ""
    region: str = ""
    observed_at: Instant | None = None
    error: str = ""


class Answered(msgspec.Struct, frozen=True):
    """One answer as it was received: the decoded document, or the error code."""

    record: CallRecord
    document: JsonObject | None = None


def decode_document(raw: bytes, file: str, source: Source) -> Fact[JsonObject]:
    """Decode the bytes of one answer file; whatever is wrong with them becomes a reason.

    Raises:
        Nothing: malformed, empty, binary and oversized files are `Unknown` with `Why.MALFORMED`.
    """
    if len(raw) > MAXIMUM_BYTES:
        return _malformed(file, "is larger than 64 MiB", source)
    if not raw.strip():
        return _malformed(file, "is empty", source)
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _malformed(file, "is not whole JSON (truncated or binary?)", source)
    if not isinstance(document, dict):
        return _malformed(file, "holds no JSON object", source)
    return Known(document, (source,))


def fact_of_record(record: CallRecord, action: str) -> Fact[JsonObject]:
    """The fact behind a call that gave an error."""
    fact = fact_of_error(record.error, record.call or action, source_of(record))
    in_root_session = is_root_session_file(record.file) and record.call != "sts:AssumeRoot"
    if isinstance(fact, Unknown) and fact.why is Why.DENIED and in_root_session:
        # A permission would not help: the task policy allows this call, so a service control policy denies it.
        reason = f"{fact.reason}: a service control policy denies root without exempting aws:AssumedRoot"
        return Unknown(reason, Why.DENIED, "", fact.sources)
    return fact


def source_of(record: CallRecord) -> Source:
    """Where a recorded call was made."""
    return Source(call=record.call, account=record.account, region=record.region, observed_at=record.observed_at)


def not_collected(file: str) -> Unknown:
    """Nobody asked."""
    action = action_of(file)
    name = action or f"`{file}`"
    return Unknown(f"{name} was not collected", Why.NOT_COLLECTED, action, (Source(call=action),) if action else ())


def _malformed(file: str, what: str, source: Source) -> Unknown:
    return Unknown(f"`{file}` {what}", Why.MALFORMED, "", (source,))


class AccountAnswers:
    """All answers about one account in memory: what a live run has collected of it so far.

    The mutable inside of a live collection; everything that leaves `collect/` is frozen.
    """

    def __init__(self, account: str, partition: str, answers: Mapping[str, Answered] | None = None) -> None:
        self.account = account
        self.partition = partition
        self.answered: dict[str, Answered] = dict(answers or {})

    def add(self, file: str, answered: Answered) -> None:
        """Keep one answer under its file name."""
        self.answered[file] = answered

    def answer(self, file: str) -> Fact[JsonObject]:
        """The document that would be in `file`, or why there is none."""
        found = self.answered.get(file)
        if found is None:
            return not_collected(file)
        if found.document is None:
            return fact_of_record(found.record, action_of(file))
        return Known(found.document, (source_of(found.record),))

    def keep_monitoring(self) -> None:
        """Forget everything but what watches the account: the facts are read, and only that may be asked for again."""
        self.answered = {file: each for file, each in self.answered.items() if file.startswith("regions/")}

    def regions(self) -> tuple[str, ...]:
        """Regions anything was asked in, in order."""
        names = {file.split("/")[1] for file in self.answered if file.startswith("regions/")}
        return tuple(sorted(names))

    def refusals(self) -> list[Unknown]:
        """Every call that gave no answer."""
        facts = (fact_of_record(each.record, "") for each in self.answered.values() if each.document is None)
        return [fact for fact in facts if isinstance(fact, Unknown)]

    def answered_any(self) -> bool:
        """Whether any call was answered, an answer of "there is none" included."""
        return any(
            each.document is not None or isinstance(fact_of_record(each.record, ""), Absent)
            for each in self.answered.values()
        )
