"""`rootwarden audit` and `rootwarden collect`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from rootwarden.cli import options
from rootwarden.cli.archiving import archiving
from rootwarden.cli.given_file import given_text
from rootwarden.cli.look_options import looking
from rootwarden.cli.looking import Look, look
from rootwarden.cli.rule_choice import chosen_rules
from rootwarden.cli.rule_input import parameter_values
from rootwarden.cli.showing import screen, show
from rootwarden.errors import RootwardenError, UsageError
from rootwarden.report import find
from rootwarden.rules.verdict import Severity

if TYPE_CHECKING:
    from rootwarden.audit.result import AuditResult
    from rootwarden.audit.rulebook import Rulebook
    from rootwarden.audit.terms import Terms
    from rootwarden.cli.archiving import Archiving
    from rootwarden.collect.collected import Collected


@looking()
def audit(
    *,
    asked: Look,
    pack: options.Packs = None,
    rule: options.Rules = None,
    rule_file: options.RuleFiles = None,
    rules: options.OwnRules = None,
    benchmark: options.Benchmark = "",
    window: options.Window = None,
    minimum_account_age: options.MinimumAccountAge = None,
    parameter: options.Parameters = None,
    fail_on: options.FailOn = Severity.HIGH,
    exceptions: options.Exceptions = None,
    no_exceptions: options.NoExceptions = False,
    config: options.Config = None,
    since: options.Since = None,
    format_: options.ReportFormat = "terminal",
    output: options.ReportFile = None,
    send_to: options.SendTo = "",
    archive: options.Archive = "",
    organization_name: options.OrganizationName = "",
) -> int:
    """Audit root users: the caller's account, a list, a whole organization, or exported files.

    Exit code 0: clean. 1: a fail at or above --fail-on. 2: wrong usage. 3: a rule at or above --fail-on could not be
    decided, or part of the input could not be read. 130: interrupted, what was collected is reported.
    """
    find(format_)
    _check_target(send_to)
    own = parameter_values(parameter or [])
    book = chosen_rules(
        wanted=rule,
        packs=pack,
        files=rule_file,
        instead=rules,
        benchmark=benchmark,
        window=window,
        minimum_account_age=minimum_account_age,
        parameters=own,
    )
    terms = _terms(book, config, exceptions, fail_on, use_exceptions=not no_exceptions)
    with archiving(archive, name=organization_name, profile=asked.profile, region=asked.region) as kept:
        return _judge_and_tell(asked, terms, kept, since=since, format_=format_, output=output, send_to=send_to)


@looking("evidence", "credential_report", "as_of", "save_evidence")
def collect(
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="A new folder for the evidence.")
    ] = None,
    archive: options.Archive = "",
    organization_name: options.OrganizationName = "",
    asked: Look,
    pack: options.Packs = None,
    rule: options.Rules = None,
    rules: options.OwnRules = None,
) -> int:
    """Collect evidence into a folder, an archive or both, to audit or study later. Exit 3: an account gave nothing."""
    if output is None and not archive:
        raise UsageError(
            "there is nowhere to keep what is collected", hint="give --output FOLDER, --archive A, or both"
        )
    book = chosen_rules(wanted=rule, packs=pack, instead=rules)
    asked = msgspec.structs.replace(asked, save_evidence=output)
    with archiving(archive, name=organization_name, profile=asked.profile, region=asked.region) as kept:
        collected = look(asked, book, tags=True, tree=True, kept=kept)
        if kept is not None:
            kept.store(collected)
    return _told(collected, output)


def _told(collected: Collected, output: Path | None) -> int:
    """Say what a collection gave; its exit code."""
    from rootwarden.collect.collected import in_words

    refused = sum(bool(each.refusals) for each in collected.accounts)
    into = f" into {output}" if output else ""
    _say(f"collected {len(collected.accounts)} accounts{into}; {refused} refused something")
    for each in in_words(collected.unreadable):
        _say(f"warning: {each}")
    if collected.interrupted:
        return 130
    return 3 if collected.unreadable else 0


def _terms(
    book: Rulebook, config: Path | None, exceptions: Path | None, fail_on: Severity, *, use_exceptions: bool
) -> Terms:
    from rootwarden.audit.exceptions import parse_exceptions, prepare_exceptions
    from rootwarden.audit.overrides import Overrides, check_parameters
    from rootwarden.audit.rulebook import book_of
    from rootwarden.audit.settings import Settings, parse_settings
    from rootwarden.audit.terms import Terms
    from rootwarden.packs import every_rule, schema

    rules = {rule.id: rule for rule in (*every_rule(), *(each.rule for each in book.rules))}.values()
    ids = {rule.id for rule in rules}
    entries = parse_exceptions(given_text(exceptions), name=str(exceptions), rules=ids) if exceptions else ()
    settings = parse_settings(given_text(config), name=str(config)) if config else Settings()
    check_parameters(settings.parameters, rules, name=str(config))
    prepared = prepare_exceptions(entries, book) if use_exceptions else ()
    conditions = [condition for each in prepared for condition in each.conditions.values()]
    return Terms(
        rulebook=book_of(book.rules, schema(), benchmark=book.benchmark, given=book.given, beside=conditions),
        settings=settings,
        overrides=Overrides(settings.parameters, book) if settings.parameters else None,
        exceptions=prepared,
        fail_on=fail_on,
    )


def _judge_and_tell(
    asked: Look,
    terms: Terms,
    kept: Archiving | None,
    *,
    since: Path | None,
    format_: str,
    output: Path | None,
    send_to: str,
) -> int:
    from rootwarden.audit.assess import assess, exit_code
    from rootwarden.audit.judge import Judge

    owner = terms.settings.owner
    units = (
        bool(owner.organizational_units)
        or any(each.units for each in terms.settings.parameters)
        or any(each.entry.units for each in terms.exceptions)
    )
    judge = Judge(terms)
    collected = look(asked, terms.rulebook, tags=bool(owner.tag), tree=units, digest=judge.digest, kept=kept)
    if not collected.accounts and not collected.interrupted:
        raise UsageError(
            f"there is no account to audit: {len(collected.skipped)} skipped because they are not ACTIVE",
            hint="`accounts.json` or `aws organizations list-accounts` shows the state of each account",
        )
    problem = _stored(collected, kept)
    result = assess(collected, terms, judge)
    if since is not None:
        result = _compared(result, since, terms)
    for warning in result.warnings:
        _say(f"warning: {warning}")
    tell(result, format_, output)
    if send_to:
        _send(result, asked)
    if problem is not None:
        raise problem
    return exit_code(result, unreadable=bool(collected.unreadable))


def _stored(collected: Collected, kept: Archiving | None) -> RootwardenError | None:
    """Archive a run; an archive that does not take it is told after the report, which is not lost with it."""
    try:
        if kept is not None:
            kept.store(collected)
    except RootwardenError as error:
        return error
    return None


def _send(result: AuditResult, asked: Look) -> None:
    from rootwarden.aws.caller import caller_of
    from rootwarden.aws.deadline import Deadline
    from rootwarden.aws.door import Door
    from rootwarden.aws.security_hub import SECONDS, send
    from rootwarden.report.asff import batches

    door = Door(profile=asked.profile, region=asked.region)
    account = caller_of(door, Deadline(SECONDS)).account
    sent = send(door, batches(result, region=door.region, account=account))
    _say(f"sent {sent} findings to Security Hub in {door.region}")


def _compared(result: AuditResult, since: Path, terms: Terms) -> AuditResult:
    from rootwarden.audit.assess import assess
    from rootwarden.audit.judge import Judge
    from rootwarden.audit.since import changes_since
    from rootwarden.collect.folder import EvidenceFolder
    from rootwarden.collect.offline import collect_folder

    judge = Judge(terms)
    folder = EvidenceFolder(since)
    before = assess(collect_folder(folder, parts=terms.rulebook.parts, digest=judge.digest), terms, judge)
    changes = changes_since(before.findings, result.findings)
    return msgspec.structs.replace(result, changes=changes, changes_since=before.input)


def tell(result: AuditResult, format_: str, output: Path | None) -> None:
    """Write a report to stdout or a file."""
    show(_for_terminal(result, output) if format_ == "terminal" else find(format_).render(result), output)


def _for_terminal(result: AuditResult, output: Path | None) -> str:
    from rootwarden.report.terminal import render

    width, color = screen(output)
    return render(result, width=width, color=color)


def _check_target(send_to: str) -> None:
    if send_to not in ("", "securityhub"):
        raise UsageError(f"there is nothing called `{send_to}` to send to", hint="--send-to securityhub")


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line
