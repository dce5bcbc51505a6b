"""Alerts in words and as JSON (`rootwarden.alerts/1`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.alert.content.message import page
from rootwarden.alert.content.neutral import neutral
from rootwarden.alert.content.subject import Subject
from rootwarden.detect.visits.incident import Incident
from rootwarden.facts.instant import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from rootwarden.alert.content.subject import Around
    from rootwarden.alert.delivery.latency import Latency
    from rootwarden.alert.store.listing import Delivered, DrillStands, Listed

SCHEMA: Final = "rootwarden.alerts/1"
NEVER: Final = "-"


def listing_text(found: Sequence[Listed]) -> str:
    """Findings as a table, one a line."""
    rows: list[tuple[str, ...]] = [("id", "account", "severity", "what", "seen", "alerted", "acknowledged")]
    rows += [_row(each) for each in found]
    return _table(rows)


def listing_json(found: Iterable[Listed]) -> str:
    """Findings as JSON."""
    return _json({"schema": SCHEMA, "findings": [_finding(each) for each in found]})


def finding_text(found: Listed, around: Around, sent: Sequence[Delivered]) -> str:
    """A finding as a pager shows it, and where it went."""
    subject = Subject(
        finding=found.finding,
        severity=found.finding.severity,
        drill=found.drill,
        event_at=found.finding.started,
        seen_at=found.seen_at,
        key="",
        around=around,
    )
    stands = f"acknowledged  {_instant(found.acknowledged_at)}"
    if found.acknowledged_by:
        stands += f" by {neutral(found.acknowledged_by)}"
    return f"{page(subject, key='').text}\n\n{stands}\n\n{deliveries_text(sent)}"


def finding_json(found: Listed, sent: Iterable[Delivered]) -> str:
    """A finding as JSON, with its deliveries."""
    return _json({"schema": SCHEMA, **_finding(found), "deliveries": [msgspec.to_builtins(each) for each in sent]})


def deliveries_text(found: Sequence[Delivered]) -> str:
    """Deliveries as a table."""
    rows: list[tuple[str, ...]] = [
        ("delivery", "channel", "kind", "stage", "state", "attempts", "sent", "last trouble")
    ]
    rows += [
        (
            str(each.id),
            each.channel,
            each.kind,
            str(each.stage + 1),
            each.state,
            str(each.attempts),
            _instant(each.sent_at),
            neutral(each.error) or NEVER,
        )
        for each in found
    ]
    return _table(rows)


def deliveries_json(found: Iterable[Delivered]) -> str:
    """Deliveries as JSON."""
    return _json({"schema": SCHEMA, "deliveries": [msgspec.to_builtins(each) for each in found]})


def times_text(found: Sequence[Latency]) -> str:
    """Times as a table, in seconds."""
    rows: list[tuple[str, ...]] = [
        ("path", "region", "step", "alerts", "measured", "open", "doubtful", "mean s", "p95 s", "longest s")
    ]
    rows += [
        (
            each.path or "all",
            neutral(each.region) or ("all" if not each.path else NEVER),
            each.step.value,
            str(each.alerts),
            str(each.measured),
            str(each.open),
            str(each.doubtful),
            *(_seconds(value) for value in (each.mean_seconds, each.p95_seconds, each.longest_seconds)),
        )
        for each in found
    ]
    return _table(rows)


def times_json(found: Iterable[Latency]) -> str:
    """Times as JSON."""
    return _json({"schema": SCHEMA, "times": [msgspec.to_builtins(each) for each in found]})


def drill_text(stands: DrillStands) -> str:
    """How a drill went."""
    lines = [
        ("drill", stands.id),
        ("finding", stands.finding or NEVER),
        ("event", _instant(stands.event_at)),
        ("seen", _instant(stands.seen_at)),
        ("sent", _instant(stands.sent_at)),
        ("acknowledged", _instant(stands.acknowledged_at)),
        ("outcome", neutral(stands.outcome, longest=1000)),
    ]
    return "\n".join(f"{name:<14}{value}" for name, value in lines) + "\n"


def drill_json(stands: DrillStands) -> str:
    """The same as JSON."""
    return _json({"schema": SCHEMA, "drill": msgspec.to_builtins(stands)})


def _row(each: Listed) -> tuple[str, ...]:
    finding = each.finding
    what = finding.verdict.value if isinstance(finding, Incident) else each.kind
    by = f" by {neutral(each.acknowledged_by, longest=40)}" if each.acknowledged_by else ""
    return (
        neutral(finding.id, longest=80),
        neutral(finding.account, longest=40) or "not known",
        finding.severity.value,
        f"drill, {what}" if each.drill else what.replace("_", " "),
        _instant(each.seen_at),
        _instant(each.alerted_at),
        f"{_instant(each.acknowledged_at)}{by}" if each.acknowledged_at else ("waits" if each.waits else NEVER),
    )


def _finding(each: Listed) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "drill": each.drill or None,
        "seen_at": each.seen_at,
        "updated_at": each.updated_at,
        "alerted_at": each.alerted_at,
        "acknowledged_at": each.acknowledged_at,
        "acknowledged_by": each.acknowledged_by or None,
        "finding": msgspec.to_builtins(each.finding),
    }


def _instant(moment: datetime | None) -> str:
    return NEVER if moment is None else format_instant(moment)


def _seconds(value: float | None) -> str:
    return NEVER if value is None else f"{value:.1f}"


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def _json(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
