"""Key figures: what they count, and that a missing file is unknown, never zero."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.fleet.looks import START, UNKNOWN, ago, key, look

from rootwarden.breakglass.core.entry import CheckoutPublished
from rootwarden.detect.visits import incident as detected
from rootwarden.errors import InputError
from rootwarden.fleet.account_weeks import account_weeks
from rootwarden.fleet.exchange import LONGEST_LINE, Checkout, Drill, Incident, parse_lines
from rootwarden.fleet.kpi import key_figures
from rootwarden.fleet.observation import table
from rootwarden.fleet.parameters import StudyParameters
from rootwarden.fleet.recorded import Records

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.fleet.indicator import Indicator
    from rootwarden.fleet.observation import Row

ONE, TWO, THREE = (f"11110000000{number}" for number in (1, 2, 3))
MINUTE = timedelta(minutes=1)


def figures(*rows: Row, as_of: datetime = START, **records: Any) -> dict[str, Indicator]:
    observations = table(rows).lazy()
    made = key_figures(account_weeks(observations, StudyParameters()), Records(**records), as_of)
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
    assert (found.value, found.accounts, found.met) == (2, (ONE, TWO), False)
    assert found.note == "1 of them seen before, but in no run of the last week"
    assert [(each.week, each.value) for each in found.trend] == [(date(2026, 3, 2), 0), (date(2026, 3, 9), 1)]


def test_the_trend_has_a_point_a_week() -> None:
    rows = [look(1, mfa=False), look(2), look(1, 1), look(2, 1), look(1, 2, readable=False), look(2, 2, readable=False)]
    assert [each.value for each in figures(*rows)["root-mfa"].trend] == [0.5, 1, None]


def visit(minutes: float | None = 3, *, account: str = ONE, days: float = 1, **given: Any) -> Incident:
    started = ago(days)
    told = None if minutes is None else started + minutes * MINUTE
    fields = {"id": f"{account}/{days}/{minutes}", "shape": "A", "verdict": "expected"} | given
    return Incident(account=account, started=started, alerted_at=told, **fields)


def test_missing_files_are_unknown() -> None:
    found = figures(look())
    names = ("root-uses-outside", "mean-time-to-alert", "p95-time-to-alert", "drills-overdue", "drill-time-to-alert")
    for name in names:
        assert (found[name].value, found[name].met) == (None, None)
        assert found[name].note.startswith("there is no file of ")


def test_uses_outside_of_check_outs() -> None:
    lease = Checkout(lease="l", account=ONE, start=ago(1.1), until=ago(0.5), released_at=ago(0.9))
    inside, early = visit(days=0.8), visit()
    other, old, service = visit(account=TWO), visit(days=31), visit(shape="G", id="service")
    found = figures(look(), incidents=(inside, early, other, old, service), checkouts=(lease,))["root-uses-outside"]
    assert (found.value, found.accounts, found.met) == (2, (ONE, TWO), False)
    kept_back = Checkout(lease="l", account=ONE, start=ago(1.1), until=ago(0.5))
    assert figures(look(), incidents=(inside,), checkouts=(kept_back,))["root-uses-outside"].value == 1
    unplanned = visit(days=0.8, verdict="unexplained")
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


def test_emergency_openings_are_counted_once_a_lease_and_drills_of_them_are_not() -> None:
    """BG-10: the emergency path is counted."""

    def opened(lease: str, *, days: float = 1, emergency: bool = True, drill: str = "") -> Checkout:
        until = ago(days) + 60 * MINUTE
        return Checkout(lease=lease, account=ONE, start=ago(days), until=until, emergency=emergency, drill=drill)

    checkouts = (
        opened("a"),
        opened("a"),
        opened("b", emergency=False),
        opened("c", drill="full-path"),
        opened("d", days=31),
        opened("e", days=-1),
    )
    found = figures(look(), checkouts=checkouts)["emergency-openings"]
    assert (found.value, found.accounts, found.met) == (1, (ONE,), False)
    assert figures(look(), checkouts=())["emergency-openings"].met is True
    assert figures(look())["emergency-openings"].value is None


def drilled(name: str, minutes: float | None, *, days: float = 1) -> Drill:
    started = ago(days)
    told = None if minutes is None else started + minutes * MINUTE
    return Drill(id=name, account=ONE, kind="alert", due=started.date(), started=started, alerted_at=told)


@pytest.mark.parametrize(
    ("drills", "value", "met", "note"),
    [
        ((), None, None, "no drill of alerts was measured"),
        (
            (Drill(id="mail", account=ONE, kind="mail", due=START.date()),),
            None,
            None,
            "no drill of alerts was measured",
        ),
        ((drilled("slow", 40, days=9), drilled("fast", 2)), 2, True, "drill fast of"),
        ((drilled("fast", 2, days=9), drilled("slow", 40)), 40, False, "drill slow of"),
        ((drilled("fast", 2, days=9), drilled("silent", None)), None, False, "nobody was told"),
        ((drilled("fast", 2), drilled("tomorrow", 1, days=-1)), 2, True, "drill fast of"),
        ((drilled("skewed", -90),), None, False, "nobody was told"),
    ],
)
def test_the_latest_drill_tells_the_time_to_alert(
    drills: tuple[Drill, ...], value: float | None, met: bool | None, note: str
) -> None:
    found = figures(look(), drills=drills)["drill-time-to-alert"]
    assert (found.value, found.met) == (value, met)
    assert note in found.note


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


def test_who_stopped_looking_meets_no_target() -> None:
    rows = (look(1), look(2), look(1, 1), look(2, 1, mfa=False))
    last = START + timedelta(weeks=1)
    fresh = figures(*rows, as_of=last + timedelta(days=7))
    assert (fresh["root-protected"].value, fresh["accounts-unknown"].value) == (0.5, 0)
    stale = figures(*rows, as_of=last + timedelta(days=7, seconds=1))
    protected = stale["root-protected"]
    assert (protected.value, protected.low, protected.high, protected.met) == (None, 0, 1, None)
    assert (protected.accounts, protected.unknown) == ((), (ONE, TWO))
    assert [each.value for each in protected.trend] == [1, 0.5]
    assert [stale[name].met for name in ("active-root-keys", "oldest-root-key", "accounts-at-risk")] == [None] * 3
    unread = stale["accounts-unknown"]
    assert (unread.value, unread.met, unread.accounts) == (2, False, (ONE, TWO))
    assert unread.note.startswith("nobody looked for 7 days; 2 of them seen before")


def test_an_account_missed_in_the_last_week_is_unknown_and_not_left_out() -> None:
    """The other organization's run of this week is not there yet: nobody can say that all is well."""
    rows = [look(1), look(1, 1), look(2, organization="o-fake000002", mfa=False, credentials=True)]
    found = figures(*rows)
    protected = found["root-protected"]
    assert (protected.value, protected.high, protected.met, protected.unknown) == (0.5, 1, None, (TWO,))
    keys, risk = found["active-root-keys"], found["accounts-at-risk"]
    assert (keys.value, keys.high, keys.met, keys.unknown) == (0, 2, None, (TWO,))
    assert (risk.value, risk.high, risk.met, risk.unknown) == (0, 1, None, (TWO,))
    assert (found["oldest-root-key"].met, found["oldest-root-key"].unknown) == (None, (TWO,))


def test_accounts_that_closed_or_left_long_ago_keep_nothing_open() -> None:
    rows = [*(look(1, week) for week in range(7)), look(2), look(2, 6, state="SUSPENDED"), look(3), look(4, 5)]
    found = figures(*rows)
    assert found["root-protected"].unknown == ("111100000004",)
    assert found["accounts-unknown"].note == (
        "1 of them seen before, but in no run of the last week; "
        "1 others were last seen more than 30 days before, left out"
    )


def test_the_trend_of_a_week_nobody_could_read_is_a_gap_and_not_zero() -> None:
    rows = [look(1, keys=(key(),)), look(1, 1, readable=False), look(1, 2, keys=(key(),))]
    found = figures(*rows)
    assert [each.value for each in found["active-root-keys"].trend] == [1, None, 1]
    assert [each.value for each in found["accounts-at-risk"].trend] == [1, None, 1]
    assert [each.value for each in found["oldest-root-key"].trend] == [400, None, 414]


def test_the_risk_of_a_week_is_that_known_by_then() -> None:
    rows = [look(1, week, signed_in=ago(1, week)) for week in range(3)]
    assert [each.value for each in figures(*rows)["accounts-at-risk"].trend] == [0, 1, 1]


def test_a_key_that_may_be_active_leaves_the_oldest_open() -> None:
    found = figures(look(1, keys=(key(active=UNKNOWN),)))["oldest-root-key"]
    assert (found.value, found.high, found.met, found.unknown) == (None, None, None, (ONE,))


def test_a_key_is_old_in_the_figure_when_it_is_in_the_study() -> None:
    """Half a day above the limit, which whole days do not show."""
    rotated = ago(90.5)
    found = figures(look(1, keys=(key(rotated=rotated),)))["oldest-root-key"]
    assert (found.value, found.met, found.accounts) == (90, False, (ONE,))
    assert figures(look(1, keys=(key(rotated=ago(90)),)))["oldest-root-key"].met is True


def test_a_visit_told_twice_is_one_and_its_last_line_counts() -> None:
    lines = (visit(None, id="i"), visit(3, id="i"))
    found = figures(look(), incidents=lines)
    assert found["mean-time-to-alert"].note == "1 of 1 uses have an alert"
    unplanned = (visit(id="i", verdict="unexplained"), visit(id="i", verdict="unexplained"))
    assert figures(look(), incidents=unplanned)["root-uses-outside"].value == 1


def test_an_alert_from_before_its_visit_or_after_the_as_of_tells_no_time() -> None:
    for minutes in (-60, 2 * 24 * 60):
        found = figures(look(), incidents=(visit(minutes),))["mean-time-to-alert"]
        assert (found.value, found.met, found.unknown) == (None, None, (ONE,))
    skewed = figures(look(), incidents=(visit(-2),))["mean-time-to-alert"]
    assert (skewed.value, skewed.met) == (0, True)


def test_visits_later_than_the_as_of_are_said_to_be_left_out() -> None:
    found = figures(look(), incidents=(visit(days=-1),), checkouts=())["root-uses-outside"]
    assert (found.value, found.note) == (0, "1 later than the as-of, left out")


def test_a_drill_held_after_the_as_of_was_not_held_then() -> None:
    due = START.date() - timedelta(days=5)
    held = Drill(id="a", account=ONE, kind="mail", due=due, done=START.date() + timedelta(days=1))
    assert figures(look(), drills=(held,))["drills-overdue"].value == 1


def test_figures_of_files_have_a_trend_from_where_the_file_is_shown_to_reach() -> None:
    """Seven weeks up to the as-of; a file whose first visit is five weeks old tells 30 days in the last week only."""
    rows = [look(1, week) for week in range(-6, 1)]
    visits = (visit(3, days=33, verdict="unexplained"), visit(5, days=2, verdict="unexplained"))
    drills = (Drill(id="a", account=ONE, kind="mail", due=START.date() - timedelta(days=10)),)
    found = figures(*rows, incidents=visits, drills=drills)
    gap = [None] * 6
    assert [each.value for each in found["root-uses-outside"].trend] == [*gap, 1]
    assert [each.value for each in found["mean-time-to-alert"].trend] == [*gap, 5]
    assert [each.value for each in found["drills-overdue"].trend] == [None, None, None, None, None, 1, 1]
    long = figures(*rows, incidents=(visit(1, days=80, verdict="unexplained"), *visits))["root-uses-outside"]
    assert [each.value for each in long.trend] == [0, 0, 1, 1, 1, 1, 1]
    assert figures(*rows)["drills-overdue"].trend == ()


def test_records_of_some_accounts() -> None:
    drills = tuple(Drill(id=each, account=each, kind="mail", due=START.date()) for each in (ONE, TWO))
    chosen = Records(drills=drills, incidents=(visit(account=TWO),)).of({ONE})
    assert (chosen.drills, chosen.incidents, chosen.checkouts) == (drills[:1], (), None)


def test_a_visit_of_no_known_account_or_time_leaves_the_targets_open() -> None:
    line = {"id": "i", "account": "", "shape": "A", "started": None, "verdict": "unexplained", "alerted_at": None}
    (lost,) = parse_lines(json.dumps(line).encode(), Incident, file="incidents.jsonl")
    found = figures(look(), incidents=(lost, visit()))
    outside, mean = found["root-uses-outside"], found["mean-time-to-alert"]
    assert (outside.value, outside.high, outside.met) == (0, 1, None)
    assert outside.note.endswith("1 of no known account or time")
    assert (mean.value, mean.high, mean.met) == (3, None, None)
    assert Records(incidents=(lost,)).of({ONE}).incidents == (lost,)


def test_sign_ins_that_all_failed_are_no_use_of_root() -> None:
    knocked = visit(used=False, verdict="unexplained")
    found = figures(look(), incidents=(knocked,), checkouts=())
    assert (found["root-uses-outside"].value, found["root-uses-outside"].met) == (0, True)
    assert found["mean-time-to-alert"].value is None


def test_what_detection_writes_is_read() -> None:
    """The records of the two rooms, so that neither changes alone."""
    for written, read in ((detected.Incident, Incident), (CheckoutPublished, Checkout)):
        wanted = {each.name for each in msgspec.structs.fields(read)} - {"alerted_at"}
        assert wanted <= {each.name for each in msgspec.structs.fields(written)}
    made = detected.Incident(
        id="i",
        account="",
        shape=detected.Shape.SIGN_IN,
        started=None,
        ended=None,
        events=1,
        writes=0,
        verdict=detected.Verdict.UNEXPLAINED,
        severity=detected.Severity.PAGE,
        reasons=(),
    )
    assert parse_lines(msgspec.json.encode(made), Incident, file="incidents.jsonl")[0].shape == "A"
