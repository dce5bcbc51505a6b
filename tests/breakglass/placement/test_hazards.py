"""RP-6: what ends on a known day is told 60, 30, 7 and 1 days before, each once, and when it has ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass.logs import certificates

from rootwarden.breakglass.placement.declared import Certificate, Declarations, Domain, Leaving
from rootwarden.breakglass.placement.hazards import DAYS, Hazard, HazardKind, alerts_due, certificate_hazard, hazards_of
from rootwarden.errors import InputError
from rootwarden.rules.verdict import Severity

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 3, 2)
DOMAIN = Hazard(kind=HazardKind.DOMAIN, name="example.org", on=DAY)

LIMITS = [
    (61, None, None),
    (60, 60, Severity.LOW),
    (31, 60, Severity.LOW),
    (30, 30, Severity.MEDIUM),
    (8, 30, Severity.MEDIUM),
    (7, 7, Severity.HIGH),
    (2, 7, Severity.HIGH),
    (1, 1, Severity.CRITICAL),
    (0, 1, Severity.CRITICAL),
    (-1, 0, Severity.CRITICAL),
    (-400, 0, Severity.CRITICAL),
]


@pytest.mark.parametrize(("left", "limit", "severity"), LIMITS)
def test_limits(left: int, limit: int | None, severity: Severity | None) -> None:
    due = alerts_due([DOMAIN], today=DAY - timedelta(days=left))
    assert [(each.key, each.severity) for each in due] == (
        [] if limit is None else [(f"domain:example.org:2026-03-02:{limit}", severity)]
    )


WORDS = [
    (DOMAIN, 60, "domain `example.org` expires in 60 days, on 2026-03-02"),
    (DOMAIN, 1, "domain `example.org` expires tomorrow, on 2026-03-02"),
    (DOMAIN, 0, "domain `example.org` expires today, on 2026-03-02"),
    (DOMAIN, -3, "domain `example.org` expired on 2026-03-02"),
    (Hazard(kind=HazardKind.CUSTODIAN, name="ada", on=DAY), 7, "custodian `ada` leaves in 7 days, on 2026-03-02"),
    (Hazard(kind=HazardKind.CUSTODIAN, name="ada", on=DAY), -7, "custodian `ada` left on 2026-03-02"),
]


@pytest.mark.parametrize(("hazard", "left", "words"), WORDS)
def test_words(hazard: Hazard, left: int, words: str) -> None:
    (alert,) = alerts_due([hazard], today=DAY - timedelta(days=left))
    assert alert.words == words


@given(st.lists(st.integers(1, 20), max_size=40))
def test_told_once_a_limit_however_often_somebody_looks(gaps: list[int]) -> None:
    told: list[str] = []
    today = DAY - timedelta(days=90)
    for gap in (*gaps, 400):
        told += [each.key for each in alerts_due([DOMAIN], today=today, told=told)]
        today += timedelta(days=gap)
    told += [each.key for each in alerts_due([DOMAIN], today=today, told=told)]
    limits = [int(key.rpartition(":")[2]) for key in told]
    assert limits == sorted(set(limits), reverse=True)
    assert limits[-1] == 0


def test_every_day_somebody_looks_each_limit_is_told() -> None:
    told: list[str] = []
    for left in range(90, -2, -1):
        told += [each.key for each in alerts_due([DOMAIN], today=DAY - timedelta(days=left), told=told)]
    assert [int(key.rpartition(":")[2]) for key in told] == [*DAYS, 0]


def test_a_new_day_is_a_new_hazard() -> None:
    renewed = Hazard(kind=HazardKind.DOMAIN, name="example.org", on=DAY + timedelta(days=365))
    told = [each.key for each in alerts_due([DOMAIN], today=DAY)]
    assert alerts_due([renewed], today=DAY, told=told) == ()
    assert len(alerts_due([renewed], today=renewed.on, told=told)) == 1


def test_the_soonest_first() -> None:
    later = Hazard(kind=HazardKind.CUSTODIAN, name="ada", on=DAY + timedelta(days=5))
    assert [each.hazard for each in alerts_due([later, DOMAIN], today=DAY)] == [DOMAIN, later]


def test_what_is_declared(tmp_path: Path) -> None:
    authority, certificate, _ = certificates(tmp_path)
    declared = Declarations(
        domain=(Domain(name="example.org", expires=DAY), Domain(name="example.net")),
        leaving=(Leaving(person="ada", on=DAY),),
        certificate=(Certificate(name="broker", path=certificate), Certificate(name="authority", path=authority)),
    )
    found = {(each.kind, each.name): each.on for each in hazards_of(declared)}
    end = (datetime.now(tz=UTC) + timedelta(hours=1)).date()
    assert found.pop((HazardKind.DOMAIN, "example.org")) == found.pop((HazardKind.CUSTODIAN, "ada")) == DAY
    assert set(found) == {(HazardKind.CERTIFICATE, "broker"), (HazardKind.CERTIFICATE, "authority")}
    assert all(abs(on - end) <= timedelta(days=1) for on in found.values())


def test_a_certificate_that_cannot_be_read_is_no_certificate_that_lasts(tmp_path: Path) -> None:
    _, _, key = certificates(tmp_path)
    for path in (tmp_path / "none.pem", tmp_path, tmp_path / key):
        with pytest.raises(InputError):
            certificate_hazard("broker", path)
