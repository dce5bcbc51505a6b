"""What ends on a day that is known is told to administrators, once for each limit, whoever restarts (P2, RP-6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.breakglass.logs import certificates
from tests.breakglass.service.plain import Plain

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.settings import Account, Device

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = 86400.0
DECLARED = """
[[domain]]
name = "example.org"
expires = {domain}

[[certificate]]
name = "pages"
path = "certificate.pem"

[[certificate]]
name = "lost"
path = "nowhere.pem"

[[leaving]]
person = "carl"
on = {leaving}
"""


@pytest.fixture
def hazardous(tmp_path: Path) -> Iterator[Plain]:
    today = datetime.now(UTC).date()
    declared = DECLARED.format(domain=today + timedelta(days=45), leaving=today + timedelta(days=7))
    (tmp_path / "placement.toml").write_text(declared, encoding="utf-8")
    certificates(tmp_path)
    made = Plain(tmp_path, placement="placement.toml")
    try:
        made.troupe.found()
        yield made
    finally:
        made.house.close()


def told(plain: Plain) -> list[str]:
    return [entry.words for entry in plain.entries(log.HazardNoticed)]


def test_each_is_told_once_for_each_limit(hazardous: Plain) -> None:
    plain, now = hazardous, hazardous.house.broker.now()
    token = Device(id="spare", kind="hardware-token", battery_until=now + timedelta(days=29))
    account = Account(
        id="000011112222", name="M", position="management", devices=(token,), password_days=30, password_place="safe"
    )
    plain.troupe.change(changes.SetAccount(account=account))
    plain.house.look_after()
    words = told(plain)
    assert words[0].startswith("certificate `pages` expires to")
    assert [each.partition(",")[0] for each in words[1:]] == [
        "custodian `carl` leaves in 7 days",
        "battery of token `000011112222/spare` is to be replaced in 29 days",
        "password of account `000011112222` is to be rotated in 30 days",
        "domain `example.org` expires in 45 days",
    ]
    assert any("nowhere.pem" in error.message for error in plain.house.troubles), "one that is lost hides no other"
    plain.house.look_after()
    assert {(notice.person, notice.subject) for notice in plain.told.notices if notice.subject in words} == {
        (person, each) for person in ("ada", "ben", "ida") for each in words
    }
    plain.reopen()
    plain.later(3700)
    assert told(plain) == words
    plain.clocks.wait(16 * DAY)
    plain.troupe.attest()
    plain.house.look_after()
    later = [each.partition(",")[0] for each in told(plain)[len(words) :]]
    left = 45 - (plain.house.broker.now().date() - now.date()).days
    assert left in {28, 29}, "sixteen days and an hour later, perhaps past midnight"
    assert f"domain `example.org` expires in {left} days" in later
    assert any(each.startswith("custodian `carl` left on") for each in later)


def test_another_instance_does_not_tell_it_again(hazardous: Plain) -> None:
    plain = hazardous
    plain.house.look_after()
    entry = plain.entries(log.HazardNoticed)[0]
    with pytest.raises(Refused, match="P2"):
        plain.house.broker.say(
            log.HazardNoticed(
                at=plain.house.broker.now(), actor="system", hazard=entry.hazard, severity="low", words="again"
            )
        )
