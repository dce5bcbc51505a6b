"""`rootwarden audit` and `rootwarden collect`."""

from __future__ import annotations

import fnmatch
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from rootwarden.cli import options
from rootwarden.cli.archiving import archiving
from rootwarden.cli.look_options import looking
from rootwarden.cli.looking import Look, look
from rootwarden.cli.rule_input import parameter_values
from rootwarden.errors import RootwardenError, UsageError
from rootwarden.report import find
from rootwarden.rules.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rootwarden.audit.assess import Terms
    from rootwarden.audit.result import AuditResult
    from rootwarden.audit.rulebook import Rulebook
    from rootwarden.cli.archiving import Archiving
    from rootwarden.collect.collected import Collected
    from rootwarden.rules.rule_file import ParameterDefault, PostureRule


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
    book = make_book(rule, rule_file, benchmark, window, minimum_account_age, pack, rules, own)
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
    book = make_book(rule, None, "", None, None, pack, rules)
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


def make_book(
    rule: list[str] | None,
    rule_file: list[Path] | None,
    benchmark: str,
    window: int | None,
    minimum_account_age: int | None,
    pack: list[str] | None = None,
    instead: list[Path] | None = None,
    parameters: Mapping[str, ParameterDefault] | None = None,
) -> Rulebook:
    """The rules the arguments choose; `instead` stands for the root pack where no pack was named."""
    from rootwarden.audit.rulebook import rulebook
    from rootwarden.cli.own_rules import own_rules
    from rootwarden.packs import chosen, schema

    packed = () if instead and not pack else chosen(pack or ())
    rules = (*packed, *own_rules(instead or ()), *(_own_rule(path) for path in rule_file or ()))
    _check_packs(rule or (), rules)
    options = {"window": window, "minimum_account_age": minimum_account_age}
    return rulebook(
        rules,
        schema(),
        wanted=tuple(rule or ()),
        benchmark=benchmark,
        parameters={**(parameters or {}), **{name: each for name, each in options.items() if each is not None}},
    )


def _check_packs(wanted: Sequence[str], rules: Sequence[PostureRule]) -> None:
    """A rule of a pack that was not chosen is not unknown: say which pack to choose."""
    from rootwarden.packs import names, pack

    there = [rule.id for rule in rules]
    for pattern in wanted:
        if not fnmatch.filter(there, pattern):
            other = next((name for name in names() if fnmatch.filter([one.id for one in pack(name)], pattern)), "")
            if other:
                raise UsageError(f"`{pattern}` is not in the chosen packs", hint=f"add `--pack {other}`")


def _own_rule(path: Path) -> PostureRule:
    from rootwarden.rules.rule_file import load_rule_file

    return load_rule_file(_text(path), file=str(path))


def _terms(
    book: Rulebook, config: Path | None, exceptions: Path | None, fail_on: Severity, *, use_exceptions: bool
) -> Terms:
    from rootwarden.audit.assess import Terms
    from rootwarden.audit.exceptions import parse_exceptions, prepare_exceptions
    from rootwarden.audit.overrides import Overrides, check_parameters
    from rootwarden.audit.rulebook import book_of
    from rootwarden.audit.settings import Settings, parse_settings
    from rootwarden.packs import every_rule, schema

    rules = {rule.id: rule for rule in (*every_rule(), *(each.rule for each in book.rules))}.values()
    ids = {rule.id for rule in rules}
    entries = parse_exceptions(_text(exceptions), name=str(exceptions), rules=ids) if exceptions else ()
    settings = parse_settings(_text(config), name=str(config)) if config else Settings()
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
    from rootwarden.aws.door import Door
    from rootwarden.aws.security_hub import caller_account, send
    from rootwarden.report.asff import batches

    door = Door(profile=asked.profile, region=asked.region)
    sent = send(door, batches(result, region=door.region, account=caller_account(door)))
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
    from rootwarden.report.encoding import well_formed
    from rootwarden.report.write import write

    text = _for_terminal(result, output) if format_ == "terminal" else find(format_).render(result)
    if output is None:
        sys.stdout.buffer.write(well_formed(text).encode())
        sys.stdout.buffer.flush()
    else:
        write(output, text)


def _for_terminal(result: AuditResult, output: Path | None) -> str:
    import os
    import shutil

    from rootwarden.report.terminal import render

    shown = output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((100, 24)).columns if shown else 100
    return render(result, width=width, color=shown and "NO_COLOR" not in os.environ)


def _check_target(send_to: str) -> None:
    if send_to not in ("", "securityhub"):
        raise UsageError(f"there is nothing called `{send_to}` to send to", hint="--send-to securityhub")


def _text(path: Path) -> str:
    from rootwarden.collect.disk import read_file

    try:
        return read_file(path).decode("utf-8")
    except OSError as error:
        raise UsageError(f"`{path}` cannot be read: {error.strerror}", hint="is this the right file?") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"`{path}` is not UTF-8 text", hint="is this the right file?") from error


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line
