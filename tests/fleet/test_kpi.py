"""Key figures: what they count, and that a missing file is unknown, never zero."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.fleet.looks import START, UNKNOWN, ago, key, look

from rootwarden.errors import InputError
from rootwarden.fleet.account_weeks import account_weeks
from rootwarden.fleet.exchange import LONGEST_LINE, Checkout, Drill, Incident, parse_lines
from rootwarden.fleet.kpi import Records, key_figures
from rootwarden.fleet.observation import table
from rootwarden.fleet.parameters import StudyParameters

if TYPE_CHECKING:
    from rootwarden.fleet.kpi import Indicator
    from rootwarden.fleet.observation import Row

ONE, TWO, THREE = (f"11110000000{number}" for number in (1, 2, 3))
MINUTE = timedelta(minutes=1)


def figures(*rows: Row, **records: Any) -> dict[str, Indicator]:
    observations = table(rows).lazy()
    made = key_figures(account_weeks(observations, StudyParameters()), Records(**records), START)
    return {each.id: each for each in made.indicators}


def test_protection_by_either_way_is_shown_apart() -> None:
    found = figures(look(1), look(2, mfa=False), look(3, mfa=False, credentials=False))
    with_password = found["root-protected"]
    assert (with_password.value, with_password.low, with_password.high) == (2 / 3, 2 / 3, 1)
    assert (with_password.accounts, with_password.unknown) == ((), (TWO,))
    assert found["root-mfa"].value == pytest.approx(1 / 3)
    assert found["root-without-credentials"].value == pytest.approx(1 / 3)
    assert found["root-without-credentials"].unknown == (ONE, TWO)


def test_an_unprotected_account_misses_the_target_whatever_else_is_unknown() -> None:
    decided = figures(look(1, mfa=False, credentials=True), look(2, readable=False))["root-protected"]
    assert (decided.met, decided.accounts, decided.unknown) == (False, (ONE,), (TWO,))
    assert (decided.value, decided.low, decided.high) == (0, 0, 0.5)


def test_all_protected_meets_the_target() -> None:
    assert figures(look(1), look(2))["root-protected"].met is True
    blind = figures(look(1, readable=False))["root-protected"]
    assert (blind.value, blind.low, blind.high, blind.met) == (None, 0, 1, None)


def test_keys() -> None:
    rows = [
        look(1, keys=(key(), key(rotated=ago(20)))),
        look(2, keys=(key(active=False),)),
        look(3, keys=UNKNOWN),
    ]
    found = figures(*rows)
    keys, oldest = found["active-root-keys"], found["oldest-root-key"]
    assert (keys.value, keys.low, keys.high, keys.met) == (2, 2, 4, False)
    assert (keys.accounts, keys.unknown) == ((ONE,), (THREE,))
    assert (oldest.value, oldest.high, oldest.met, oldest.accounts) == (400, None, False, (ONE,))
    none = figures(look(1))
    assert (none["active-root-keys"].value, none["active-root-keys"].met) == (0, True)
    assert (none["oldest-root-key"].value, none["oldest-root-key"].met) == (None, True)
    undated = figures(look(1, keys=(key(rotated=UNKNOWN),)))["oldest-root-key"]
    assert (undated.value, undated.met, undated.unknown) == (None, None, (ONE,))


def test_accounts_at_risk() -> None:
    rows = [
        *(look(1, week, signed_in=ago(1, week)) for week in range(2)),
        *(look(2, week, keys=(key(),)) for week in range(2)),
        *(look(3, week, signed_in=ago(1)) for week in range(2)),
        look(4, 0),
        look(4, 1, readable=False),
    ]
    found = figures(*rows)["accounts-at-risk"]
    assert (found.value, found.accounts) == (2, (ONE, TWO))
    assert found.unknown == ("111100000004",)
    assert found.met is False


def test_unreadable_accounts_and_those_not_looked_at() -> None:
    rows = [look(1), look(2), look(1, 1, readable=False)]
    found = figures(*rows)["accounts-unknown"]
    assert (found.value, found.accounts, found.met) == (1, (ONE,), False)
    assert found.note.startswith("1 accounts seen before")
    assert [(each.week, each.value) for each in found.trend] == [(date(2026, 3, 2), 0), (date(2026, 3, 9), 1)]


def test_the_trend_has_a_point_a_week() -> None:
    rows = [look(1, mfa=False), look(2), look(1, 1), look(2, 1), look(1, 2, readable=False), look(2, 2, readable=False)]
    assert [each.value for each in figures(*rows)["root-mfa"].trend] == [0.5, 1, None]


def visit(minutes: float | None = 3, *, account: str = ONE, days: float = 1, **given: Any) -> Incident:
    started = ago(days)
    told = None if minutes is None else started + minutes * MINUTE
    fields = {"id": "i", "shape": "A", "verdict": "expected"} | given
    return Incident(account=account, started=started, alerted_at=told, **fields)


def test_missing_files_are_unknown() -> None:
    found = figures(look())
    for name in ("root-uses-outside", "mean-time-to-alert", "p95-time-to-alert", "drills-overdue"):
        assert (found[name].value, found[name].met) == (None, None)
        assert found[name].note.startswith("there is no file of ")


def test_uses_outside_of_check_outs() -> None:
    lease = Checkout(lease="l", account=ONE, start=ago(1.1), until=ago(0.5), released_at=ago(0.9))
    inside, late = visit(), visit(days=0.8)
    other, old, service = visit(account=TWO), visit(days=31), visit(shape="G")
    found = figures(look(), incidents=(inside, late, other, old, service), checkouts=(lease,))["root-uses-outside"]
    assert (found.value, found.accounts, found.met) == (2, (ONE, TWO), False)
    unplanned = visit(verdict="unexplained")
    assert figures(look(), incidents=(unplanned,), checkouts=(lease,))["root-uses-outside"].value == 1
    by_verdict = figures(look(), incidents=(inside, unplanned))["root-uses-outside"]
    assert by_verdict.value == 1
    assert "the incidents' own verdict" in by_verdict.note
    assert figures(look(), incidents=(), checkouts=())["root-uses-outside"].met is True


def test_time_to_alert() -> None:
    visits = tuple(visit(minutes) for minutes in range(1, 21))
    found = figures(look(), incidents=visits)
    assert found["mean-time-to-alert"].value == pytest.approx(10.5)
    assert found["p95-time-to-alert"].value == pytest.approx(19)
    assert found["p95-time-to-alert"].met is False
    silent = figures(look(), incidents=(visit(2), visit(None, account=TWO)))["mean-time-to-alert"]
    assert (silent.value, silent.met, silent.unknown) == (2, None, (TWO,))
    assert silent.note == "1 of 2 uses have an alert"
    assert figures(look(), incidents=())["mean-time-to-alert"].note == "there was no root use"


def test_drills() -> None:
    due = START.date()
    drills = (
        Drill(id="a", account=ONE, kind="access", due=due - timedelta(days=1)),
        Drill(id="b", account=TWO, kind="access", due=due),
        Drill(id="c", account=TWO, kind="mail", due=due - timedelta(days=9), done=due - timedelta(days=2)),
    )
    found = figures(look(), drills=drills)["drills-overdue"]
    assert (found.value, found.accounts, found.met) == (1, (ONE,), False)
    assert figures(look(), drills=())["drills-overdue"].note == "no drill is planned"


LINE: dict[str, object] = {
    "lease": "l",
    "account": ONE,
    "task": "close-account",
    "from": "2026-03-02T10:00:00Z",
    "until": "2026-03-02T12:00:00Z",
    "released_at": None,
    "sources": [],
}


def test_exchange_files_are_read_tolerantly() -> None:
    content = f"{json.dumps(LINE)}\n\n{json.dumps(LINE)}".encode()
    assert [each.lease for each in parse_lines(content, Checkout, file="checkouts.jsonl")] == ["l", "l"]
    assert parse_lines(b"", Drill, file="drills.jsonl") == ()


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"\xff",
        json.dumps(LINE | {"from": "2026-03-02T10:00:00"}).encode(),
        json.dumps({"lease": "l"}).encode(),
        json.dumps(LINE | {"account": "1234"}).encode(),
        b"[" * 100_000,
        b" " * 3 + b"x" * (LONGEST_LINE + 1),
    ],
    ids=["cut", "a list", "not UTF-8", "no offset", "fields missing", "no account", "deep", "long"],
)
def test_a_line_that_is_none_is_named(line: bytes) -> None:
    with pytest.raises(InputError, match=r"`checkouts\.jsonl` line 2 is ") as caught:
        parse_lines(json.dumps(LINE).encode() + b"\n" + line, Checkout, file="checkouts.jsonl")
    assert caught.value.hint
