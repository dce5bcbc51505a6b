"""From facts to the answer: exceptions, owners, need, key figures, changes, exit codes, choice of rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from rootwarden.audit.assess import exit_code
from rootwarden.audit.exceptions import ExceptionEntry, PreparedException, parse_exceptions
from rootwarden.audit.indicators import key_indicators
from rootwarden.audit.ledger import ExceptionLedger
from rootwarden.audit.need import credential_need
from rootwarden.audit.result import AuditResult, Finding, Need, Suppression
from rootwarden.audit.rulebook import rulebook
from rootwarden.audit.settings import Owners, parse_settings
from rootwarden.audit.since import changes_since
from rootwarden.errors import InputError, UsageError
from rootwarden.facts.account import Account
from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.facts.organization import Position
from rootwarden.facts.root_user import AccessKey, Password, RootUser
from rootwarden.packs import root_pack, schema
from rootwarden.rules.verdict import Severity, Verdict

if TYPE_CHECKING:
    from rootwarden.audit.result import Indicator
    from rootwarden.facts.fact import Fact

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE, TWO = "111122223333", "444455556666"
DENIED: Final = Unknown("refused")
YES, NO = Known(True), Known(False)
RULES: Final = [rule.id for rule in root_pack()]


def finding(
    verdict: Verdict = Verdict.FAIL,
    rule: str = "root-mfa",
    account: str = ONE,
    severity: Severity = Severity.CRITICAL,
    suppressed: Suppression | None = None,
) -> Finding:
    return Finding(
        rule=rule,
        account=account,
        resource=f"arn:aws:iam::{account}:root",
        verdict=verdict,
        severity=severity,
        reason="because",
        suppressed_by=suppressed,
    )


def entry(**changed: Any) -> ExceptionEntry:
    fields = {"rule": "root-mfa", "reason": "moving", "owner": "pat", "ticket": "T-1", "until": date(2026, 3, 31)}
    return ExceptionEntry(**{**fields, **changed})


# exceptions


def applied(found: list[Finding], *entries: ExceptionEntry, unit: str = "", as_of: datetime = NOON) -> Any:
    ledger = ExceptionLedger([PreparedException(entry=each) for each in entries], as_of)
    marked = tuple(ledger.mark(each, None, unit if each.account == ONE else "") for each in found)
    return marked, ledger.uses(), ledger.warnings()


SCOPES: Final[list[tuple[str, dict[str, Any], str, bool]]] = [
    ("every account", {}, "", True),
    ("this account", {"accounts": (ONE,)}, "", True),
    ("another account", {"accounts": (TWO,)}, "", False),
    ("no account", {"accounts": ()}, "", False),
    ("a pattern", {"rule": "root-*"}, "", True),
    ("another rule", {"rule": "root-usage"}, "", False),
    ("its unit", {"units": ("/Root/Work",)}, "/Root/Work", True),
    ("a unit above", {"units": ("/Root",)}, "/Root/Work", True),
    ("a unit whose name begins alike", {"units": ("/Root/Work",)}, "/Root/Workloads", False),
    ("a unit, but its own is not known", {"units": ("/Root",)}, "", False),
    ("a unit and another account", {"units": ("/Root",), "accounts": (TWO,)}, "/Root/Work", False),
]


@pytest.mark.parametrize(("name", "changed", "unit", "covers"), SCOPES, ids=[case[0] for case in SCOPES])
def test_what_an_exception_covers(name: str, changed: dict[str, Any], unit: str, *, covers: bool) -> None:
    beside = finding(Verdict.PASS, "root-usage")
    (marked, _), (use,), warnings = applied([finding(), beside], entry(**changed), unit=unit)
    assert marked.verdict is Verdict.FAIL
    assert (marked.suppressed_by is not None) is covers
    assert use.state == ("in_force" if covers else "unmatched")
    assert use.matched == int(covers)
    assert bool(warnings) is not covers


DAYS: Final = [
    (datetime(2026, 3, 31, 0, 0, tzinfo=UTC), True),
    (datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC), True),
    (datetime(2026, 4, 1, 0, 0, tzinfo=UTC), False),
]


@pytest.mark.parametrize(("as_of", "in_force"), DAYS)
def test_the_last_day_counts_in_utc(as_of: datetime, *, in_force: bool) -> None:
    (marked,), (use,), warnings = applied([finding()], entry(), as_of=as_of)
    assert (marked.suppressed_by is not None) is in_force
    assert use.state == ("in_force" if in_force else "expired")
    assert [("ended on 2026-03-31" in each, "1 finding counts again" in each) for each in warnings] == (
        [] if in_force else [(True, True)]
    )


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE])
def test_only_a_fail_is_ever_under_an_exception(verdict: Verdict) -> None:
    (marked,), (use,), warnings = applied([finding(verdict)], entry())
    assert marked.suppressed_by is None
    assert use.state == "unmatched"
    assert len(warnings) == 1


def test_an_expired_exception_beside_one_in_force() -> None:
    over, runs = entry(until=date(2026, 1, 1), ticket="T-0"), entry(ticket="T-2")
    (marked,), uses, warnings = applied([finding()], over, runs)
    assert marked.suppressed_by.ticket == "T-2"
    assert [use.state for use in uses] == ["expired", "in_force"]
    assert len(warnings) == 1


def test_nothing_is_dropped() -> None:
    found = [finding(), finding(rule="root-usage"), finding(account=TWO)]
    marked, _, _ = applied(found, entry())
    assert [(each.rule, each.account, each.verdict) for each in marked] == [
        (each.rule, each.account, each.verdict) for each in found
    ]


GOOD: Final = 'rule = "root-mfa"\nreason = "r"\nowner = "o"\nticket = "t"\nuntil = 2026-03-31\n'
WRONG: Final = {
    "not TOML": "exception",
    "another table": "[[exceptions]]\n" + GOOD,
    "an unknown key": "[[exception]]\n" + GOOD + 'acounts = ["111122223333"]\n',
    "no end": "[[exception]]\n" + GOOD.replace("until = 2026-03-31\n", ""),
    "an end that is text": "[[exception]]\n" + GOOD.replace("2026-03-31", '"soon"'),
    "an end with a time": "[[exception]]\n" + GOOD.replace("2026-03-31", "2026-03-31T00:00:00Z"),
    "no reason": "[[exception]]\n" + GOOD.replace('reason = "r"\n', ""),
    "an empty reason": "[[exception]]\n" + GOOD.replace('reason = "r"', 'reason = " "'),
    "an empty owner": "[[exception]]\n" + GOOD.replace('owner = "o"', 'owner = ""'),
    "an empty ticket": "[[exception]]\n" + GOOD.replace('ticket = "t"', 'ticket = ""'),
    "a rule that does not exist": "[[exception]]\n" + GOOD.replace("root-mfa", "root-mfaa"),
    "a pattern of no rule": "[[exception]]\n" + GOOD.replace("root-mfa", "s3-*"),
    "no account id": "[[exception]]\n" + GOOD + 'accounts = ["12345"]\n',
    "a number for an account": "[[exception]]\n" + GOOD + "accounts = [111122223333]\n",
    "deep nesting": "a = " + "[" * 50_000,
    "a giant number": "a = " + "9" * 10_000,
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_exceptions_file_is_refused_with_a_hint(name: str) -> None:
    with pytest.raises(InputError, match=r"exceptions\.toml") as refused:
        parse_exceptions(WRONG[name], name="exceptions.toml", rules=RULES)
    assert "until" in refused.value.hint


def test_a_right_exceptions_file() -> None:
    text = "[[exception]]\n" + GOOD + f'accounts = ["{ONE}", "*"]\nunits = ["/Root/Work"]\n'
    (read,) = parse_exceptions(text, name="x", rules=RULES)
    assert read == entry(reason="r", owner="o", ticket="t", accounts=(ONE, "*"), units=("/Root/Work",))
    assert parse_exceptions("", name="x", rules=RULES) == ()


# owners


def account(root: RootUser | None = None, **changed: Any) -> Account:
    return Account(id=ONE, root=root or RootUser(arn=f"arn:aws:iam::{ONE}:root"), **changed)


UNITS: Final = {"/Root/Work": "work", "/Root/Work/Pay": "payments", "/Root/Wo": "wo"}
OWNERS: Final[list[tuple[dict[str, Any], str]]] = [
    ({"tags": Known({"team": "blue"}), "unit_path": Known("/Root/Work")}, "blue"),
    ({"tags": Known({"team": ""}), "unit_path": Known("/Root/Work")}, "work"),
    ({"tags": DENIED, "unit_path": Known("/Root/Work/Pay/Eu")}, "payments"),
    ({"tags": Absent(), "unit_path": Known("/Root/Workshop")}, "platform"),
    ({"tags": DENIED, "unit_path": DENIED}, "platform"),
]


@pytest.mark.parametrize(("facts", "owner"), OWNERS)
def test_owner(facts: dict[str, Any], owner: str) -> None:
    owners = Owners(tag="team", default="platform", organizational_units=UNITS)
    assert owners.of(account(**facts)) == owner


def test_owner_is_nobody_unless_configured() -> None:
    assert Owners().of(account(tags=Known({"team": "blue"}), unit_path=Known("/Root"))) == ""


@pytest.mark.parametrize(
    "text", ["[owner", "[owners]\n", "[owner]\ntags = 1\n", "[owner]\ntag = 1\n", "a = " + "[" * 50_000]
)
def test_a_wrong_configuration_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"rootwarden\.toml") as refused:
        parse_settings(text, name="rootwarden.toml")
    assert refused.value.hint


# need


def root(**changed: Any) -> RootUser:
    return RootUser(arn=f"arn:aws:iam::{ONE}:root", **changed)


NEEDS: Final[list[tuple[dict[str, Any], Need]]] = [
    ({"position": Known(Position.MANAGEMENT)}, Need.REQUIRED),
    ({"position": Known(Position.STANDALONE)}, Need.REQUIRED),
    ({"position": DENIED}, Need.UNKNOWN),
    ({"position": Known(Position.MEMBER), "root": root(credentials_present=NO)}, Need.REMOVED),
    ({"position": Known(Position.MEMBER), "root": root(credentials_present=YES)}, Need.NOT_NEEDED),
    ({"position": Known(Position.MEMBER), "root": root(credentials_present=DENIED)}, Need.NOT_NEEDED),
    ({"position": Known(Position.MANAGEMENT), "root": root(credentials_present=NO)}, Need.REQUIRED),
    ({"position": DENIED, "partition": "aws-cn"}, Need.NOT_NEEDED),
]


@pytest.mark.parametrize(("facts", "need"), NEEDS)
def test_does_it_need_root_credentials_at_all(facts: dict[str, Any], need: Need) -> None:
    said, why = credential_need(account(**facts))
    assert said is need
    assert why


# key figures


def figures(*accounts: Account) -> dict[str, Indicator]:
    return {each.id: each for each in key_indicators(accounts, NOON)}


def mfa(active: Fact[bool], password: Fact[bool] = YES) -> Account:
    return account(root=root(mfa_active=active, password=Password(present=password)))


SHARES: Final[list[tuple[list[Account], str, bool | None]]] = [
    ([mfa(YES), mfa(YES)], "2 of 2 (100.0 %)", True),
    ([mfa(YES), mfa(NO)], "1 of 2 (50.0 %)", False),
    ([mfa(YES), mfa(DENIED)], "1 of 2 (50.0 %)", None),
    ([mfa(NO), mfa(DENIED)], "0 of 2 (0.0 %)", False),
    ([mfa(YES), mfa(NO, NO)], "1 of 1 (100.0 %)", True),
    ([mfa(DENIED, DENIED)], "0 of 1 (0.0 %)", None),
]


@pytest.mark.parametrize(("accounts", "value", "met"), SHARES)
def test_share_with_mfa(accounts: list[Account], value: str, met: bool | None) -> None:
    figure = figures(*accounts)["root-mfa-share"]
    assert (figure.value, figure.met) == (value, met)
    if met is None:
        assert "could not be read" in figure.note


@pytest.mark.parametrize("accounts", [[], [mfa(NO, NO)], [account(partition="aws-cn", root=root(mfa_active=NO))]])
def test_a_share_of_nobody_is_no_target_met(accounts: list[Account]) -> None:
    figure = figures(*accounts)["root-mfa-share"]
    assert (figure.value, figure.met) == ("no account with a root password", None)


def used(password: Fact[datetime], keys: Fact[tuple[AccessKey, ...]]) -> Account:
    return account(root=root(password=Password(last_used=password), access_keys=keys))


RECENT, OLD = Known(NOON - timedelta(days=2)), Known(NOON - timedelta(days=31))
NO_KEYS: Final[Fact[tuple[AccessKey, ...]]] = Known(())
USES: Final[list[tuple[list[Account], str, bool | None]]] = [
    ([used(OLD, NO_KEYS)], "0", True),
    ([used(Absent(), NO_KEYS)], "0", True),
    ([used(RECENT, NO_KEYS)], "1", False),
    ([used(OLD, Known((AccessKey(last_used=RECENT),)))], "1", False),
    ([used(OLD, Known((AccessKey(last_used=OLD), AccessKey(last_used=RECENT))))], "1", False),
    ([used(RECENT, DENIED)], "1", False),
    ([used(OLD, DENIED)], "0 or more", None),
    ([used(DENIED, NO_KEYS)], "0 or more", None),
    ([used(RECENT, NO_KEYS), used(DENIED, NO_KEYS)], "1 or more", False),
]


@pytest.mark.parametrize(("accounts", "value", "met"), USES)
def test_root_use_in_the_last_month(accounts: list[Account], value: str, met: bool | None) -> None:
    figure = figures(*accounts)["root-sign-ins"]
    assert (figure.value, figure.met) == (value, met)


KEYS: Final[list[tuple[RootUser, str, bool | None]]] = [
    (root(access_keys=Known((AccessKey(active=YES), AccessKey(active=NO)))), "1", False),
    (root(access_keys=Known((AccessKey(active=NO),))), "0", True),
    (root(access_keys=Known((AccessKey(active=DENIED),))), "0 or more", None),
    (root(access_keys=DENIED, access_keys_present=NO), "0", True),
    (root(access_keys=DENIED, access_keys_present=YES), "0 or more", None),
    (root(access_keys=DENIED, access_keys_present=DENIED), "0 or more", None),
]


@pytest.mark.parametrize(("holder", "value", "met"), KEYS)
def test_active_root_keys(holder: RootUser, value: str, met: bool | None) -> None:
    figure = figures(account(root=holder))["active-root-keys"]
    assert (figure.value, figure.met) == (value, met)


def test_what_this_run_cannot_tell_is_not_left_out() -> None:
    figure = figures()["mean-time-to-alert"]
    assert (figure.value, figure.met) == ("unknown", None)
    assert figure.note


# changes

P, F, N, U = Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE, Verdict.UNKNOWN
CHANGES: Final = {
    (P, F): "new",
    (N, F): "new",
    (U, F): "new",
    (None, F): "new",
    (F, P): "fixed",
    (F, N): "fixed",
    (F, U): "newly_unknown",
    (P, U): "newly_unknown",
    (N, U): "newly_unknown",
}


@pytest.mark.parametrize("after", [P, F, N, U])
@pytest.mark.parametrize("before", [P, F, N, U, None])
def test_changes(before: Verdict | None, after: Verdict) -> None:
    earlier = [finding(before)] if before else []
    kinds = [each.kind for each in changes_since(earlier, [finding(after)])]
    assert kinds == ([CHANGES[before, after]] if (before, after) in CHANGES else [])


def test_an_account_that_is_gone_is_not_fixed() -> None:
    assert changes_since([finding(F)], []) == ()


# exit code

UNTIL: Final = Suppression(reason="r", owner="o", ticket="t", until=date(2026, 3, 31))
S: Final = Severity
CODES: Final[list[tuple[list[Finding], Severity, bool, bool, int]]] = [
    ([], S.HIGH, False, False, 0),
    ([finding(P), finding(N)], S.LOW, False, False, 0),
    ([finding(F)], S.HIGH, False, False, 1),
    ([finding(F)], S.HIGH, True, False, 1),
    ([finding(F), finding(U)], S.HIGH, True, False, 1),
    ([finding(F, suppressed=UNTIL)], S.HIGH, False, False, 0),
    ([finding(F, suppressed=UNTIL)], S.HIGH, True, False, 3),
    ([finding(F, suppressed=UNTIL), finding(F)], S.HIGH, False, False, 1),
    ([finding(F, severity=S.MEDIUM)], S.HIGH, False, False, 0),
    ([finding(F, severity=S.MEDIUM)], S.MEDIUM, False, False, 1),
    ([finding(F, severity=S.HIGH)], S.CRITICAL, False, False, 0),
    ([finding(F, severity=S.LOW)], S.LOW, False, False, 1),
    ([finding(U)], S.HIGH, False, False, 3),
    ([finding(U, severity=S.LOW)], S.HIGH, False, False, 0),
    ([finding(U, severity=S.LOW)], S.LOW, False, False, 3),
    ([finding(P)], S.HIGH, True, False, 3),
    ([finding(F)], S.HIGH, False, True, 130),
    ([finding(P)], S.HIGH, True, True, 130),
]


@pytest.mark.parametrize(("found", "fail_on", "unreadable", "interrupted", "code"), CODES)
def test_exit_code(found: list[Finding], fail_on: Severity, *, unreadable: bool, interrupted: bool, code: int) -> None:
    result = AuditResult(
        as_of=NOON,
        input="",
        accounts=(),
        skipped=(),
        findings=tuple(found),
        rules=(),
        fail_on=fail_on,
        interrupted=interrupted,
    )
    assert exit_code(result, unreadable=unreadable) == code


# choice of rules


def chosen(**how: Any) -> list[str]:
    return [rule.rule.id for rule in rulebook(root_pack(), schema(), **how).rules]


def test_all_rules_worst_first() -> None:
    assert sorted(chosen()) == sorted(RULES)
    ranks = [rule.rule.severity.rank for rule in rulebook(root_pack(), schema()).rules]
    assert ranks == sorted(ranks)


def test_rules_by_pattern() -> None:
    assert set(chosen(wanted=("root-contact-*", "root-mfa"))) == {
        "root-contact-distinct",
        "root-contact-primary",
        "root-contact-security",
        "root-mfa",
    }


@pytest.mark.parametrize("benchmark", ["cis-1.4", "cis-3.0", "cis-5.0", "cis-7.0"])
def test_a_benchmark_chooses_rules_and_their_meaning(benchmark: str) -> None:
    book = rulebook(root_pack(), schema(), benchmark=benchmark)
    assert {"root-mfa", "root-access-key"} <= {rule.rule.id for rule in book.rules} < set(RULES)
    for rule in book.rules:
        assert any(control.startswith(f"{benchmark}:") for control in rule.rule.controls)
    (mfa_rule,) = [rule for rule in book.rules if rule.rule.id == "root-mfa"]
    assert ("Password" in mfa_rule.compiled.text) is (benchmark in ("cis-5.0", "cis-7.0"))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"wanted": ("root-mfaa",)}, "there is no rule `root-mfaa`"),
        ({"wanted": ("root-mfa", "s3-*")}, "there is no rule `s3-\\*`"),
        ({"benchmark": "cis-9.9"}, "there is no benchmark `cis-9.9`"),
        ({"parameters": {"windows": 1}}, "no selected rule has a parameter `windows`"),
        ({"wanted": ("root-mfa",), "parameters": {"window": 1}}, "no selected rule has a parameter `window`"),
    ],
)
def test_what_cannot_be_chosen(how: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        rulebook(root_pack(), schema(), **how)
    assert refused.value.hint


@pytest.mark.parametrize("value", [0, -1, 10**9, "many", True])
def test_a_window_out_of_bounds(value: int | str) -> None:
    with pytest.raises(InputError, match="window"):
        rulebook(root_pack(), schema(), parameters={"window": value})


def test_a_rule_that_repeats_an_id_is_refused() -> None:
    twice = (*root_pack(), root_pack()[0])
    with pytest.raises((UsageError, InputError), match=root_pack()[0].id):
        rulebook(twice, schema())


def test_a_benchmark_none_of_the_wanted_rules_has() -> None:
    with pytest.raises(UsageError, match=r"cis-5\.0"):
        rulebook(root_pack(), schema(), wanted=("root-email",), benchmark="cis-5.0")


def test_an_exception_for_a_rule_this_run_left_out_is_not_complained_about() -> None:
    _, (use,), warnings = applied([finding()], entry(rule="root-usage"))
    assert (use.state, use.matched, warnings) == ("in_force", 0, ())
