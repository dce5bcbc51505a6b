"""The replay record: versioned JSON, and one line for each event.

docs/guardrails-replay.md documents each field. Within version 1, fields are only ever added.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rootwarden.report.encoding import to_json
from rootwarden.report.fleet.study_machine import schema_of
from rootwarden.report.replay.told import ReplayRecord

if TYPE_CHECKING:
    from rootwarden.guardrails.replaying.tally import Judged


def render(told: ReplayRecord) -> str:
    """The record, indented, with a line end."""
    return to_json(told)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the format, as published in docs/reports/guardrails-replay-1.schema.json."""
    return schema_of(ReplayRecord)


def line(judged: Judged) -> str:
    """One event, without a line end."""
    call, ruling = judged.call, judged.ruling
    return json.dumps(
        {
            "event_id": call.event,
            "event_time": call.time or None,
            "account": call.account,
            "region": call.region,
            "principal_account": call.of,
            "principal": call.principal,
            "kind": call.kind,
            "assumed_root": judged.assumed,
            "address": call.address,
            "event_source": call.source,
            "event_name": call.name,
            "error_code": call.error or None,
            "actions": ruling.actions,
            "verdict": judged.verdict.value,
            "surely": ruling.surely,
            "by": [{"policy": one.policy, "statement": one.statement, "target": one.target} for one in ruling.by],
            "depends_on": ruling.depends_on,
            "why": ruling.beyond or None,
        },
        separators=(",", ":"),
    )
