"""Rule files: a rule with its reason, remedy, controls and cases, as TOML; or a bare sentence.

Docs: docs/rule-files.md. Reading is strict: an unknown key is a spelling mistake nobody would otherwise notice.
"""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import msgspec

from rootwarden.errors import InputError
from rootwarden.rules.diagnostic import RuleSyntaxError, quoted
from rootwarden.rules.parser import parse
from rootwarden.rules.verdict import Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

ParameterDefault: TypeAlias = bool | int | float | str | tuple[str, ...]

# The instant cases and fixtures are judged at unless they name one.
DEFAULT_AS_OF: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
MAXIMUM_BYTES: Final = 256 * 1024
PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)\}")
_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_BENCHMARK: Final = re.compile(r"[a-z][a-z0-9-]*-[0-9]+(\.[0-9]+)*")
_LOOKS_LIKE_TOML: Final = re.compile(r"""\s*(\[|[A-Za-z0-9_."'-]+\s*=)""")
# A TOML key of so many parts means nothing here, and the time to read it grows with their square.
_TOO_MANY_DOTS: Final = re.compile(
    r"""(?<![A-Za-z0-9_-])(?:(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){200}"""
)
_HINT: Final = "docs/rule-files.md lists every key"


class Reasons(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"passed": "pass"}):
    """What to say with each verdict: sentences with `{Dotted.Path}` and `{parameter}`; empty for the usual words."""

    passed: str = ""
    fail: str = ""
    not_applicable: str = ""
    unknown: str = ""

    def template(self, verdict: Verdict) -> str:
        """The sentence for a verdict, or empty."""
        return str(getattr(self, "passed" if verdict is Verdict.PASS else verdict.value))


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sentence for one verdict that is said only when a condition holds; the first that does is.

    Attributes:
        verdict: The verdict it belongs to.
        when: A condition of the rule language about the same entity.
        text: The sentence, with placeholders as in `Reasons`.
    """

    verdict: Verdict
    when: str
    text: str


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A value the user may choose.

    Attributes:
        name: As the check writes it.
        default: Its value unless chosen.
        minimum: Smallest value allowed, or `None`.
        maximum: Largest value allowed, or `None`.
        describe: One clause, with the unit.
    """

    name: str
    default: ParameterDefault
    minimum: float | None = None
    maximum: float | None = None
    describe: str = ""


class Variant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a rule means under some versions of a benchmark."""

    benchmarks: tuple[str, ...]
    check: str
    reasons: Reasons | None = None


class Remedy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step, in order: what to do, and exactly where to click or what to type."""

    text: str
    console: str = ""
    command: str = ""


class AcceptedFail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """An `[[exception]]` of a rule: fails of it that somebody accepts for a time (docs/exceptions.md).

    Attributes:
        when: A condition of the rule language about what is judged: which fails are meant.
        reason: Why they are accepted.
        owner: Who accepted them.
        approver: Who approved that, or empty.
        ticket: Where it is written down.
        since: First day it holds (UTC), or `None`; `from` in the file.
        until: Last day it holds (UTC).
    """

    when: str
    reason: str
    owner: str
    ticket: str
    until: date
    approver: str = ""
    since: date | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One example with its answer.

    Attributes:
        name: What is special about it.
        expect: The verdict.
        given: The facts, as the JSON of docs/rule-files.md.
        benchmark: Judge by this benchmark's meaning, or empty.
        parameters: Values other than the defaults.
        as_of: The instant it is judged at, aware.
    """

    name: str
    expect: Verdict
    given: str
    benchmark: str = ""
    parameters: dict[str, ParameterDefault] = {}
    as_of: datetime = DEFAULT_AS_OF


class PostureRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as its file holds it.

    Attributes:
        id: `root-mfa`.
        title: What is so when it passes.
        severity: How bad a fail is.
        why: Why it matters.
        check: The sentence in the rule language.
        misses: What a pass does not say.
        references: Where to read on.
        parameters: What the user may choose.
        reasons: What to say with each verdict.
        said: What to say instead when a condition holds; the first that does goes before `reasons`.
        variants: Other meanings under some benchmarks.
        remedies: What to do about a fail, in order.
        controls: `cis-5.0:1.4`, `nist-800-53-r5:AC-6`, …
        cases: Examples with their answers.
        accepted: Fails of it that are accepted for a time.
        longest_exception: The most days an exception may still have to run; 0 allows none, `None` any.
        bare: True for a file that holds only the sentence.
    """

    id: str
    title: str
    severity: Severity
    why: str = ""
    check: str
    misses: str = ""
    references: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    reasons: Reasons = Reasons()
    said: tuple[Said, ...] = ()
    variants: tuple[Variant, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    controls: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()
    accepted: tuple[AcceptedFail, ...] = ()
    longest_exception: int | None = None
    bare: bool = False

    def meaning(self, benchmark: str = "") -> tuple[str, Reasons]:
        """The sentence and its reasons under a benchmark (`cis-5.0`), or in general."""
        for variant in self.variants:
            if benchmark in variant.benchmarks:
                return variant.check, variant.reasons or self.reasons
        return self.check, self.reasons


class _ParameterTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    default: ParameterDefault
    describe: str
    minimum: float | None = None
    maximum: float | None = None


class _RuleTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file, key by key."""

    id: str
    title: str
    severity: Severity
    why: str
    check: str
    misses: str
    references: tuple[str, ...] = ()
    parameters: dict[str, _ParameterTable] = {}
    reasons: Reasons = Reasons()
    reason: tuple[Said, ...] = ()
    variant: tuple[Variant, ...] = ()
    remedy: tuple[Remedy, ...] = ()
    controls: dict[str, tuple[str, ...]] = {}
    case: tuple[Case, ...] = ()
    exception: tuple[AcceptedFail, ...] = ()
    longest_exception: Annotated[int, msgspec.Meta(ge=0)] | None = None


def load_rule_file(text: str, *, file: str = "", parsed: bool = True) -> PostureRule:
    """Read a rule file.

    Args:
        text: Its content: TOML, or nothing but a sentence of the rule language.
        file: Its name, for messages and as the id of a bare sentence.
        parsed: Whether to parse the sentences; left out by who looks for the mistakes of each itself.

    Returns:
        The rule; sentences are known to parse, names and types are not looked at yet.

    Raises:
        RuleSyntaxError: A sentence does not parse; places point into the file.
        InputError: The file is not a rule file in another way.
    """
    shown = quoted(file, limit=400) if file else "the rule file"
    if len(text.encode("utf-8", errors="replace")) > MAXIMUM_BYTES:
        raise InputError(f"{shown} is larger than {MAXIMUM_BYTES // 1024} KiB", hint="a rule file holds one rule")
    if _TOO_MANY_DOTS.search(text):
        raise InputError(f"{shown} is not a rule file: a key in it has too many parts", hint=_HINT)
    if not is_toml(text):
        if parsed:
            located(text, text, file)
        return _bare(text, file)
    try:
        table = msgspec.convert(tomllib.loads(text), _RuleTable)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError, ValueError) as error:
        raise InputError(f"{shown} is not a rule file: {_plain(error)}", hint=_HINT) from None
    for complaint in _complaints(table):
        raise InputError(f"{shown} is not a rule file: {complaint}", hint=_HINT)
    for sentence in (table.check, *(variant.check for variant in table.variant)) if parsed else ():
        located(sentence, text, file)
    return _rule(table)


def located(sentence: str, text: str, file: str) -> None:
    """Parse a sentence of a file; a mistake points into the file where the sentence stands there letter by letter.

    Raises:
        RuleSyntaxError: The sentence does not parse.
    """
    try:
        parse(sentence)
    except RuleSyntaxError as error:
        raise placed(error, sentence, text, file) from None


def placed(error: RuleSyntaxError, sentence: str, text: str, file: str) -> RuleSyntaxError:
    """The same mistakes, pointing into `text` if the sentence stands in it exactly once."""
    if sentence and text.count(sentence) == 1:
        return error.within(text, text.index(sentence), file=file)
    return RuleSyntaxError(error.diagnostics, error.text, file=file)


def is_toml(text: str) -> bool:
    """Whether the first line that is neither blank nor a comment looks like a table or a key with a value."""
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    return _LOOKS_LIKE_TOML.match(next(lines, "")) is not None


def is_readable(text: str) -> bool:
    """Whether it can be taken apart: it is short enough, and a bare sentence or TOML, if not that of a rule file."""
    if len(text) > MAXIMUM_BYTES or _TOO_MANY_DOTS.search(text):
        return False
    try:
        tomllib.loads(text if is_toml(text) else "")
    except (tomllib.TOMLDecodeError, RecursionError):
        return False
    return True


def _bare(text: str, file: str) -> PostureRule:
    stem = file.replace("\\", "/").rpartition("/")[2].partition(".")[0] or "rule"
    return PostureRule(id=stem, title=" ".join(text.split()), severity=Severity.HIGH, check=text, bare=True)


def _rule(table: _RuleTable) -> PostureRule:
    parameters = tuple(
        Parameter(name=name, default=one.default, minimum=one.minimum, maximum=one.maximum, describe=one.describe)
        for name, one in table.parameters.items()
    )
    return PostureRule(
        id=table.id,
        title=table.title,
        severity=table.severity,
        why=table.why.strip(),
        check=table.check.strip(),
        misses=table.misses.strip(),
        references=table.references,
        parameters=parameters,
        reasons=table.reasons,
        said=table.reason,
        variants=tuple(msgspec.structs.replace(one, check=one.check.strip()) for one in table.variant),
        remedies=tuple(msgspec.structs.replace(one, text=one.text.strip()) for one in table.remedy),
        controls=tuple(f"{name}:{number}" for name, numbers in table.controls.items() for number in numbers),
        cases=table.case,
        accepted=table.exception,
        longest_exception=table.longest_exception,
    )


def _complaints(table: _RuleTable) -> Iterator[str]:
    """What the types of the keys cannot say."""
    if not _ID.fullmatch(table.id):
        yield f"the id {quoted(table.id)} is not lower-case words joined by `-`"
    for name in ("title", "why", "check", "misses"):
        if not getattr(table, name).strip():
            yield f"`{name}` is empty"
    for name, parameter in table.parameters.items():
        if not name.isidentifier() or not name.isascii():
            yield f"the parameter name {quoted(name)} is not a name of the rule language"
        value = Parameter(name=name, default=parameter.default, minimum=parameter.minimum, maximum=parameter.maximum)
        complaint = out_of_bounds(value, parameter.default)
        if complaint:
            yield f"the default of the parameter `{name}` {complaint}"
    yield from _exception_complaints(table)
    seen: set[str] = set()
    for benchmark in (one for variant in table.variant for one in variant.benchmarks):
        if not _BENCHMARK.fullmatch(benchmark):
            yield f"{quoted(benchmark)} is not a benchmark such as `cis-5.0`"
        if benchmark in seen:
            yield f"two variants are for the benchmark `{benchmark}`"
        seen.add(benchmark)
    yield from _case_complaints(table)


def _exception_complaints(table: _RuleTable) -> Iterator[str]:
    for accepted in table.exception:
        for name in ("when", "reason", "owner", "ticket"):
            if not getattr(accepted, name).strip():
                yield f"an exception has an empty `{name}`"
        if accepted.since is not None and accepted.since > accepted.until:
            yield f"the exception of {quoted(accepted.ticket)} ends before it begins"


def _case_complaints(table: _RuleTable) -> Iterator[str]:
    names = [case.name for case in table.case]
    for case in table.case:
        if names.count(case.name) > 1:
            yield f"two cases are called {quoted(case.name)}"
        if case.as_of.tzinfo is None:
            yield f"`as_of` of the case {quoted(case.name)} has no time zone"
    for reasons in (table.reasons, *(variant.reasons for variant in table.variant if variant.reasons)):
        for sentence in msgspec.structs.astuple(reasons):
            if re.search(r"[{}]", PLACEHOLDER.sub("", sentence)):
                yield f"a reason holds a brace that is no placeholder: {quoted(sentence)}"


def out_of_bounds(parameter: Parameter, value: ParameterDefault) -> str:
    """What is wrong with a value of a parameter, or empty: another type than the default's, too small, too large."""
    default = parameter.default
    number = isinstance(default, int | float) and not isinstance(default, bool)
    if number != (isinstance(value, int | float) and not isinstance(value, bool)):
        return "is not a number" if number else f"is not a {type(default).__name__}"
    if not number:
        return "" if type(value) is type(default) else f"is not a {type(default).__name__}"
    if parameter.minimum is not None and isinstance(value, int | float) and value < parameter.minimum:
        return f"is below {parameter.minimum:g}"
    if parameter.maximum is not None and isinstance(value, int | float) and value > parameter.maximum:
        return f"is above {parameter.maximum:g}"
    return ""


def _plain(error: Exception) -> str:
    """A library's message in the voice of ours: one line, lower case, no path notation at the end."""
    text = " ".join(str(error).split())
    text = re.sub(r" - at `\$\.?([^`]*)`", lambda found: f", at `{found.group(1)}`" if found.group(1) else "", text)
    text = text.replace("Object contains unknown field", "unknown key").replace(
        "Object missing required field", "missing key"
    )
    if text.startswith("Invalid enum value"):
        legal = Verdict if text.endswith(("expect`", "verdict`")) else Severity
        listed = ", ".join(f"`{one.value}`" for one in legal)
        text = text.replace("Invalid enum value", "unknown value") + f"; it is one of {listed}"
    return text[:1].lower() + text[1:]
