"""`rootwarden breakglass check-in`, `accept-duty`: after the visit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from rootwarden.cli import options
from rootwarden.cli.breakglass_leases import LeaseId
from rootwarden.cli.breakglass_reaching import agreed, out, say, signed_in, tell_trouble
from rootwarden.cli.breakglass_requests import Reason
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.broker.views import LeaseView
    from rootwarden.breakglass.checkin.judge import Trail
    from rootwarden.breakglass.client.session import Session
    from rootwarden.trail.digests.keys import Keys


def check_in(
    ctx: typer.Context,
    lease: LeaseId,
    *,
    evidence: Annotated[
        Path | None,
        typer.Option(
            "--evidence",
            metavar="FOLDER",
            help="What `rootwarden collect` wrote after the visit; not needed where only a report is due.",
        ),
    ] = None,
    before: Annotated[
        Path | None, typer.Option("--before", metavar="FOLDER", help="The same from before the lease was opened.")
    ] = None,
    trail: Annotated[
        list[str] | None,
        typer.Option("--trail", metavar="PATH", help="CloudTrail's logs, with digests: a folder or s3://… Repeat."),
    ] = None,
    trail_keys: Annotated[
        Path | None,
        typer.Option(
            "--trail-keys", metavar="FILE", help="CloudTrail's public keys; AWS is asked for them if left out."
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="What was done, in words, as the visitor wrote it.")
    ] = None,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Check a lease in on evidence, somebody else's: shows what it shows of each duty, and asks before you sign.

    What nobody could look at is unknown, and stays open. Acts of root are read from the logs; that nothing is missing
    from them is believed as far as CloudTrail's own digests prove it. Exit code 0: every duty is met. 1: one is not.
    """
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.views import LeaseView
        from rootwarden.breakglass.broker.wishes import CheckIn
        from rootwarden.breakglass.checkin.evidence import digest_of, look_at
        from rootwarden.breakglass.checkin.judge import judge
        from rootwarden.breakglass.client import telling
        from rootwarden.breakglass.client.visit import VisitOf, all_met

        view = session.get("/leases/{}", LeaseView, lease)
        words = _words(report)
        if evidence is None:
            return _report_alone(session, view, words)
        after = look_at(evidence, view.account)
        seen_before = look_at(before, view.account) if before is not None else None
        # What happened between the first look and the visit counts too.
        since = min(view.opened, seen_before.at) if seen_before is not None else view.opened
        acts = _trail(_Logs(tuple(trail or ()), trail_keys, profile, region), view.account, since)
        found = judge(VisitOf(view), before=seen_before, after=after, trail=acts, report=words)
        out(telling.findings(found))
        agreed("sign that this is what the evidence shows?")
        wish = CheckIn(
            lease=lease,
            observed_at=after.at,
            last_root_event=acts.last,
            evidence=digest_of(evidence),
            findings=found,
            report=words,
        )
        _, signed = session.wish(wish)
        say(f"checked in, entry {signed.position}")
        tell_trouble(signed.trouble)
    return 0 if all_met(found) else 1


def _report_alone(session: Session, view: LeaseView, words: str) -> int:
    """After an enrolment or an export nothing is due but words: no evidence shows more than they do."""
    import hashlib
    from datetime import timedelta

    from rootwarden.breakglass.broker.wishes import CheckIn
    from rootwarden.breakglass.client import telling
    from rootwarden.breakglass.core.duty import Duty, Finding, Shown
    from rootwarden.errors import UsageError

    others = [one.duty for one in view.duties if one.duty != Duty.REPORT]
    if others:
        raise UsageError(f"--evidence is not given, and {', '.join(others)} are to be shown", hint=_COLLECT)
    if view.ended is None:
        raise UsageError("the lease is open still", hint="`rootwarden breakglass return LEASE` ends your own")
    if not words:
        raise UsageError("--report is not given, and is all that is due", hint="name a file that says what was done")
    found = (Finding(duty=Duty.REPORT, shown=Shown.MET, why="it is written"),)
    out(telling.findings(found))
    agreed("sign that this was done?")
    wish = CheckIn(
        lease=view.id,
        # Nothing was looked at: the report tells of the whole visit, so of its end too.
        observed_at=view.ended + timedelta(seconds=1),
        last_root_event=None,
        evidence=hashlib.sha256(words.encode()).hexdigest(),
        findings=found,
        report=words,
    )
    _, signed = session.wish(wish)
    say(f"checked in, entry {signed.position}")
    tell_trouble(signed.trouble)
    return 0


_COLLECT = "`rootwarden collect` writes the folder"


def accept_duty(
    ctx: typer.Context,
    lease: LeaseId,
    duty: Annotated[str, typer.Argument(metavar="DUTY", help="One that differs, as `leases` names it.")],
    *,
    reason: Reason,
) -> int:
    """Accept a duty that differs, in words; an administrator and an approver sign, two people."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.wishes import AcceptDuty

        draft, signed = session.wish(AcceptDuty(lease=lease, duty=duty, reason=reason))
        tell_waiting(draft.id, signed.waiting_for, signed.position)
    return 0


def tell_waiting(draft: str, waiting_for: int, position: int | None) -> None:
    """Say whether an entry several people sign is written, or who signs next how."""
    if position is not None:
        say(f"written, entry {position}")
        return
    out(f"{draft}\n")
    say(f"{waiting_for} more to sign within half an hour: rootwarden breakglass sign {draft}")


def _words(path: Path | None) -> str:
    if path is None:
        return ""
    from rootwarden.breakglass.client.private_file import read_bounded

    return read_bounded(path, most=16_000).decode("utf-8", "replace").strip()


class _Logs(NamedTuple):
    """Where CloudTrail's logs are, and what verifies them."""

    paths: tuple[str, ...]
    keys: Path | None
    profile: str
    region: str


def _trail(logs: _Logs, account: str, since: datetime) -> Trail:
    """The acts of root from an instant on, and until when they are proven to be all."""
    from rootwarden.breakglass.checkin.evidence import acts_of_root
    from rootwarden.breakglass.checkin.judge import Trail

    if not logs.paths:
        return Trail()
    from rootwarden.cli import trail_reading
    from rootwarden.detect.visits.interest import Interest

    asked = trail_reading.Asked(
        paths=logs.paths, start=since.isoformat(), accounts=(account,), profile=logs.profile, region=logs.region
    )
    with trail_reading.read(asked, Interest(calls=frozenset())) as (done, spool):
        acts = acts_of_root(spool.events(), account, since=since)
    trail_reading.tell(done, f"{len(acts)} acts of root")
    whole = not done.unread and not done.interrupted
    until = [_proven(path, logs, account, since) for path in logs.paths] if whole else [None]
    return Trail(read_until=None if None in until else min(each for each in until if each), acts=acts)


def _proven(path: str, logs: _Logs, account: str, since: datetime) -> datetime | None:
    from rootwarden.breakglass.checkin.evidence import proven_until
    from rootwarden.trail.digests.folder import Folder

    if path.startswith("s3://") or not Path(path).is_dir():
        say(f"note: `{path}` is no folder, so nothing proves that it is whole; copy it with `aws s3 sync`")
        return None
    try:
        return proven_until(Folder(Path(path), None), _keys(logs), account, since=since)
    except InputError as error:
        say(f"note: nothing proves that `{path}` is whole: {error.message}")
        return None


def _keys(logs: _Logs) -> Keys:
    from rootwarden.trail.digests.keys import AskedKeys, load_keys

    if logs.keys is not None:
        return load_keys(logs.keys)
    from rootwarden.aws.door import Door

    return AskedKeys(Door(profile=logs.profile, region=logs.region))
