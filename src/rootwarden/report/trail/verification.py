"""A verification of CloudTrail's digests, for a tired auditor and for a machine (docs/trail-verify.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.facts.instant import format_instant
from rootwarden.trail.digests.result import Kind, Verdict, sum_of, tellable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rootwarden.trail.digests.location import Site
    from rootwarden.trail.digests.result import ChainResult, Counts, Finding, Gap, SiteResult, Verification

SCHEMA: Final = "rootwarden.trail-verification/1"
# What a person reads of one chain; the JSON has all that was named.
_MOST_SHOWN: Final = 20
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_ORDER: Final = (Verdict.INVALID, Verdict.UNKNOWN, Verdict.VALID)
_SAID: Final = {
    Kind.DIGEST: "digest",
    Kind.LOG_FILE: "log file",
    Kind.UNLISTED: "log file",
    Kind.CONTRADICTION: "contradiction",
    Kind.BEGINNING: "beginning",
    Kind.PLACE: "place",
}


def render(result: Verification) -> str:
    """The report as text: the verdict first, then what is wrong, then what is proven."""
    return "\n".join([*_head(result), "", *_body(result)]).rstrip("\n") + "\n"


def document(result: Verification) -> str:
    """The report as JSON, `rootwarden.trail-verification/1`."""
    whole: dict[str, Any] = {
        "schema": SCHEMA,
        "verdict": result.verdict.value,
        "place": result.place,
        "original": result.original or None,
        "as_of": format_instant(result.as_of),
        "from": _instant(result.since),
        "to": _instant(result.until),
        "interrupted": result.interrupted,
        "sites": result.seen_sites,
        "digests": _counts(sum_of(each.digests for each in result.chains)),
        "log_files": _counts(sum_of(each.files for each in result.chains)),
        "unlisted": _counts(sum_of(each.unlisted for each in result.sites)),
        "bytes": sum(each.size for each in result.chains),
        "chains": [_chain(each) for each in result.chains],
        "unproven_sites": [_site(each) for each in result.sites],
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"


def _head(result: Verification) -> Iterator[str]:
    verdict = result.verdict
    chains = {each: sum(chain.verdict is each for chain in result.chains) for each in _ORDER}
    counted = ", ".join(f"{chains[each]} {each.value}" for each in _ORDER if chains[each])
    yield f"{verdict.value.upper()}: {_WORDS[verdict]}"
    yield ""
    yield f"looked at    {result.place}{f', copied from {result.original}' if _is_copy(result) else ''}"
    yield f"judged at    {format_instant(result.as_of)}{_asked(result)}"
    yield f"chains       {counted or 'none: there is no digest'}"
    yield f"digests      {_said(sum_of(each.digests for each in result.chains))}"
    files = sum_of(each.files for each in result.chains)
    size = sum(each.size for each in result.chains)
    yield f"log files    {_said(files)}{f'; {_bytes(size)} hashed' if size else ''}"
    unlisted = sum_of(each.unlisted for each in result.sites)
    if unlisted.total:
        yield f"not listed   {_said(unlisted)}"
    if result.interrupted:
        yield "interrupted: what was not finished is left out"


_WORDS: Final = {
    Verdict.VALID: "every digest and log file is what CloudTrail wrote, and no time is left out",
    Verdict.INVALID: "something was changed, removed or added",
    Verdict.UNKNOWN: "nothing is known to be wrong, but not everything is proven",
}


def _is_copy(result: Verification) -> bool:
    return bool(result.original) and result.original != result.place


def _asked(result: Verification) -> str:
    since = f", from {format_instant(result.since)}" if result.since is not None else ""
    return since + (f", to {format_instant(result.until)}" if result.until is not None else "")


def _body(result: Verification) -> Iterator[str]:
    """What is worst first; chains of one verdict in their order."""
    for verdict in _ORDER:
        for chain in result.chains:
            if chain.verdict is verdict:
                yield from _of_chain(chain)
        for site in result.sites:
            if site.verdict is verdict:
                yield from _of_site(site)


def _of_chain(chain: ChainResult) -> Iterator[str]:
    title = f"{chain.verdict.value:<9}{_where(chain.site)}  {chain.trail}{' (backfill)' if chain.backfill else ''}"
    if chain.verdict is Verdict.VALID:
        yield f"{title}  {_period(chain)}, {chain.digests.valid} digests, {chain.files.valid} log files"
        return
    yield title
    yield f"  proven     {_proven(chain)}"
    yield f"  digests    {_said(chain.digests)}{_starts(chain)}"
    yield f"  log files  {_said(chain.files)}"
    yield from (_gap_line(gap) for gap in chain.gaps[:_MOST_SHOWN])
    yield from _left(len(chain.gaps) - _MOST_SHOWN + chain.gaps_left_out, "gaps")
    yield from _findings(chain.findings, chain.findings_left_out)
    yield ""


def _of_site(site: SiteResult) -> Iterator[str]:
    what = "log files that no digest lists" if site.unlisted.total else "not all of it could be looked at"
    yield f"{site.verdict.value:<9}{_where(site.site)}  {what}"
    if not site.digests_here:
        yield "  there is no digest of this account and region for the time asked about"
    yield from _findings(site.findings, site.findings_left_out)
    yield ""


def _findings(findings: tuple[Finding, ...], left_out: int) -> Iterator[str]:
    for finding in findings[:_MOST_SHOWN]:
        yield f"  {finding.verdict.value:<9}  {_SAID[finding.kind]} {finding.object}"
        yield f"             {finding.reason}"
    yield from _left(len(findings) - _MOST_SHOWN + left_out, "findings")


def _left(count: int, what: str) -> Iterator[str]:
    if count > 0:
        yield f"             … and {count} more {what}"


def _gap_line(gap: Gap) -> str:
    period = f"{format_instant(gap.start)} … {format_instant(gap.end)}, {_length(gap.seconds)}"
    return f"  {'gap':<9}  {period}: {gap.reason} ({gap.verdict.value})"


def _proven(chain: ChainResult) -> str:
    if chain.covered_from is None or chain.covered_to is None:
        return "nothing"
    return f"{_period(chain)}, {_length(chain.proven_seconds)} of it"


def _period(chain: ChainResult) -> str:
    if chain.covered_from is None or chain.covered_to is None:
        return "no time"
    return f"{format_instant(chain.covered_from)} … {format_instant(chain.covered_to)}"


def _starts(chain: ChainResult) -> str:
    if not chain.starts:
        return ""
    return "; 1 starts a chain" if chain.starts == 1 else f"; {chain.starts} start chains"


def _where(site: Site) -> str:
    organization = f"{site.organization} " if site.organization else ""
    return tellable(f"{organization}{site.account} {site.region}")


def _said(counts: Counts) -> str:
    told = [f"{number} {verdict}" for verdict, number in _counts(counts).items() if number]
    return ", ".join(told) or "none"


def _length(seconds: int) -> str:
    """A length of time, as people say it."""
    if seconds < _MINUTE:
        return f"{seconds} s"
    days, rest = divmod(seconds, _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _bytes(size: int) -> str:
    amount = float(size)
    for unit in ("bytes", "KB", "MB", "GB"):
        if amount < 1000:  # noqa: PLR2004 - decimal units
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def _counts(counts: Counts) -> dict[str, int]:
    return {
        "valid": counts.valid,
        "invalid": counts.invalid,
        "missing": counts.missing,
        "unknown": counts.unknown,
    }


def _instant(instant: datetime | None) -> str | None:
    return format_instant(instant) if instant is not None else None


def _site_fields(site: Site) -> dict[str, Any]:
    return {
        "prefix": tellable(site.prefix),
        "organization": tellable(site.organization) or None,
        "account": tellable(site.account),
        "region": tellable(site.region),
    }


def _chain(chain: ChainResult) -> dict[str, Any]:
    return {
        **_site_fields(chain.site),
        "trail": chain.trail,
        "home_region": chain.home_region,
        "kind": "backfill" if chain.backfill else "hourly",
        "bucket": chain.bucket or None,
        "verdict": chain.verdict.value,
        "proven_from": _instant(chain.covered_from),
        "proven_to": _instant(chain.covered_to),
        "proven_seconds": chain.proven_seconds,
        "starting_digests": chain.starts,
        "digests": _counts(chain.digests),
        "log_files": _counts(chain.files),
        "bytes": chain.size,
        "gaps": [_gap(gap) for gap in chain.gaps],
        "gaps_left_out": chain.gaps_left_out,
        "findings": [_finding(each) for each in chain.findings],
        "findings_left_out": chain.findings_left_out,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "from": format_instant(gap.start),
        "to": format_instant(gap.end),
        "seconds": gap.seconds,
        "verdict": gap.verdict.value,
        "reason": gap.reason,
    }


def _site(site: SiteResult) -> dict[str, Any]:
    return {
        **_site_fields(site.site),
        "verdict": site.verdict.value,
        "digests_here": site.digests_here,
        "unlisted": _counts(site.unlisted),
        "findings": [_finding(each) for each in site.findings],
        "findings_left_out": site.findings_left_out,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "object": finding.object,
        "kind": finding.kind.value,
        "verdict": finding.verdict.value,
        "reason": finding.reason,
    }
