"""The replay record: versioned JSON, and one line for each event.

docs/guardrails-replay.md documents each field. Within version 1, fields are only ever added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.guardrails.replaying.ruling import Place, Verdict
from rootwarden.report.encoding import to_json
from rootwarden.report.fleet.study_machine import schema_of
from rootwarden.report.replay.told import ReplayRecord

if TYPE_CHECKING:
    from rootwarden.guardrails.replaying.tally import Judged


def render(told: ReplayRecord) -> str:
    """The record, indented, with a line end."""
    return to_json(told, indent=2) + "\n"


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) of the format, as published in docs/reports/guardrails-replay-1.schema.json."""
    return schema_of(ReplayRecord, "guardrails-replay")


class EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """One event; `null` where the record or the ruling does not tell."""

    event_id: str
    event_time: str | None
    account: str
    region: str
    principal_account: str
    principal: str
    kind: str
    assumed_root: bool | None
    address: str
    event_source: str
    event_name: str
    error_code: str | None
    actions: tuple[str, ...]
    verdict: Verdict
    surely: bool
    by: tuple[Place, ...]
    depends_on: tuple[str, ...]
    why: str | None


def line(judged: Judged) -> str:
    """One event as JSON, with a line end."""
    call, ruling = judged.call, judged.ruling
    told = EventLine(
        event_id=call.event,
        event_time=call.time or None,
        account=call.account,
        region=call.region,
        principal_account=call.of,
        principal=call.principal,
        kind=call.kind,
        assumed_root=judged.assumed,
        address=call.address,
        event_source=call.source,
        event_name=call.name,
        error_code=call.error or None,
        actions=ruling.actions,
        verdict=judged.verdict,
        surely=ruling.surely,
        by=ruling.by,
        depends_on=ruling.depends_on,
        why=ruling.beyond or None,
    )
    return to_json(told) + "\n"
