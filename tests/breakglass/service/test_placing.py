"""BG-14: nothing is released where whoever takes the account over would have the broker, or where nobody knows."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.breakglass.service.plain import Plain

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.settings import Account, Device
from rootwarden.breakglass.placement.place import AccountClue, ElsewhereClue, NoClue
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.breakglass.placement.place import Clue

ACCOUNT, OTHER = "000011112222", "999999999999"
NOWHERE = (NoClue(source="metadata", why="no answer"),)
ELSEWHERE = (ElsewhereClue(source="firmware", provider="a cellar"),)


def within(account: str) -> tuple[Clue, ...]:
    return (AccountClue(source="metadata", account=account),)


@contextmanager
def placed(folder: Path, clues: tuple[Clue, ...], declared: str = "") -> Iterator[Plain]:
    """A house somewhere, that guards an account."""
    (folder / "placement.toml").write_text(declared, encoding="utf-8")
    made = Plain(folder, clues=clues, placement="placement.toml")
    try:
        made.troupe.found()
        account = Account(id=ACCOUNT, name="M", position="management", devices=(Device(id="vaulted"),))
        made.troupe.change(changes.SetAccount(account=account))
        yield made
    finally:
        made.house.close()


def refusal(plain: Plain) -> str:
    """What refuses to open a lease: the place, or only that there is no such request."""
    broker = plain.house.broker
    opened = log.LeaseOpened(
        at=broker.now(), actor="rita", lease="lease", request="none", until=broker.now(), fence=broker.state().size
    )
    with pytest.raises(Refused) as caught:
        broker.say(opened)
    return f"{caught.value.step}: {caught.value.message}"


NOT_PLACED = "A1: there is no request `none`"
PLACES: dict[str, tuple[tuple[Clue, ...], str, str]] = {
    "in an account the log guards, whatever is declared": (
        within(ACCOUNT), f'protected = ["{OTHER}"]', f"P1: nothing is released here: it runs in account {ACCOUNT}",
    ),
    "in an account that is declared": (within(OTHER), f'protected = ["{OTHER}"]', "P1: nothing is released here"),
    "nobody knows where": (NOWHERE, "", "P1: nothing is released here: nobody knows where it runs"),
    "in another account": (within("888888888888"), f'protected = ["{OTHER}"]', NOT_PLACED),
    "not in AWS": (ELSEWHERE, "", NOT_PLACED),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_where_it_may_release(tmp_path: Path, name: str) -> None:
    clues, declared, expected = PLACES[name]
    with placed(tmp_path, clues, declared) as plain:
        assert refusal(plain).startswith(expected)
        assert plain.house.broker.sealed == "", "it records, shows and verifies all the same"
        plain.troupe.do("ada", wishes.Suspend(person="carl", reason="left"))


def test_a_waiver_lets_it_release_until_it_ends(tmp_path: Path) -> None:
    with placed(tmp_path, NOWHERE) as plain:
        until = plain.house.broker.now() + timedelta(days=2)
        plain.troupe.change(changes.Waive(waiver="placement:place-unknown", reason="the contract", until=until))
        assert refusal(plain) == NOT_PLACED
        (finding,) = [one for one in plain.house.placing.judged().findings if one.id == "place-unknown"]
        assert (finding.blocks, finding.waived) == (True, True)
        plain.clocks.wait(2 * 86400)
        assert "waiver `placement:place-unknown`" in refusal(plain)


def test_declarations_that_cannot_be_read_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "placement.toml").write_text("protected = 3", encoding="utf-8")
    with pytest.raises(InputError, match="is not right"):
        Plain(tmp_path, placement="placement.toml")


def test_what_was_released_before_a_waiver_ended_does_not_leave_any_more(tmp_path: Path) -> None:
    with placed(tmp_path, NOWHERE) as plain, pytest.raises(Refused, match="P1"):
        plain.house.broker.check_may_release()
