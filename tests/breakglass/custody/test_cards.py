from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import zxingcpp
from tests.breakglass.custody.people import ACCOUNT, KEYS, OTHER, custodians
from tests.breakglass.custody.people import NAMES as PEOPLE

from rootwarden.breakglass.custody.age import fingerprint, in_groups
from rootwarden.breakglass.custody.cards import Card, ExportFile, Kept, cards, custody_card
from rootwarden.breakglass.custody.hierarchy import Group
from rootwarden.breakglass.custody.nesting import Custodian
from rootwarden.breakglass.custody.sealed import Kind
from rootwarden.breakglass.custody.spelling import digest
from rootwarden.breakglass.custody.troubles import CustodyError

AT = datetime(2026, 3, 2, 8, 0, 1, tzinfo=UTC)
SEEDS = Kept(
    group=Group(
        name="seeds",
        keeps=Kind.TOTP_SEED,
        epoch=2,
        accounts=[ACCOUNT, OTHER],
        custodians=custodians(5),
        threshold=3,
    ),
    envelope=digest(b"envelope"),
    exports=[ExportFile(account=ACCOUNT, made_at=AT, digest=digest(b"export"))],
)
PASSWORDS = Kept(
    group=Group(
        name="passwords",
        keeps=Kind.ROOT_PASSWORD,
        epoch=1,
        accounts=[ACCOUNT],
        custodians=custodians(7)[5:],
        threshold=2,
    ),
    envelope=digest(b"other"),
)
KEY = digest(b"key")


def card(name: str, *groups: Kept) -> str:
    return custody_card(Card(custodian=name, printed_at=AT, groups=list(groups), export_key=KEY))


def drawn(page: str) -> str:
    """What the QR code of a page says, read as a scanner reads the paper."""
    (path,) = re.findall(r'<path transform="scale\(4\)" stroke="#000" class="qrline" d="([^"]+)"', page) or re.findall(
        r'class="qrline" stroke="#000" d="([^"]+)"', page
    )
    side = int(re.findall(r'<svg width="(\d+)"', page)[0]) // 4
    rows = [bytearray(b"\xff" * side) for _ in range(side)]
    x, y = 0, 0
    for command, values in re.findall(r"([Mmh])([-\d. ]+)", path):
        numbers = [float(each) for each in re.findall(r"-?[\d.]+", values)]
        if command == "M":
            x, y = int(numbers[0]), int(numbers[1])
        elif command == "m":
            x, y = x + int(numbers[0]), y + int(numbers[1])
        else:
            rows[y][x : x + int(numbers[0])] = bytes(int(numbers[0]))
            x += int(numbers[0])
    large = [bytes(each for each in row for _ in range(6)) for row in rows for _ in range(6)]
    picture = memoryview(b"".join(large)).cast("B", (side * 6, side * 6))
    (found,) = zxingcpp.read_barcodes(picture)
    return found.text


def test_a_card_says_what_is_kept_with_whom_and_how_it_opens() -> None:
    page = card("ada", SEEDS)
    assert f"{ACCOUNT}, {OTHER}" in page
    assert "3 of 5 custodians" in page
    assert "Group seeds, epoch 2: the seeds of MFA devices" in page
    for name in PEOPLE[:5]:
        assert in_groups(fingerprint(KEYS[name].recipient)) in page
    for whole in (digest(b"envelope"), digest(b"export"), KEY):
        assert whole in page.replace(" ", "")
    assert "age -d -i MY-KEY.txt -o next.age layer.age" in page
    assert drawn(page) == KEYS["ada"].recipient


def test_a_card_holds_nothing_secret() -> None:
    for page in cards([SEEDS, PASSWORDS], printed_at=AT, export_key=KEY).values():
        assert "AGE-SECRET-KEY" not in page
        for name in PEOPLE:
            with KEYS[name].file() as content:
                assert content.content.decode().strip() not in page


def test_everybody_has_a_card_of_their_own_groups() -> None:
    made = cards([SEEDS, PASSWORDS], printed_at=AT, export_key=KEY)
    assert list(made) == list(PEOPLE)
    assert "Group passwords" not in made["ada"]
    assert "Group seeds" not in made["gus"]
    assert "There is no sealed export of this group yet." in made["gus"]


def test_a_hostile_name_is_only_a_name() -> None:
    name = '<script>alert("x")</script>\u202e'
    group = Group(
        name="g",
        keeps=Kind.TOTP_SEED,
        epoch=1,
        accounts=[ACCOUNT],
        custodians=[Custodian(name=name, recipient=KEYS["gus"].recipient), *custodians(2)],
        threshold=2,
    )
    for who in (name, "ada"):
        page = card(who, Kept(group=group, envelope=digest(b"e")))
        assert "<script" not in page
        assert "\u202e" not in page


@pytest.mark.parametrize("name", ["gus", "", "ada "])
def test_a_card_is_for_a_custodian(name: str) -> None:
    with pytest.raises(CustodyError):
        card(name, SEEDS)


def test_a_card_is_for_every_group_on_it() -> None:
    with pytest.raises(CustodyError, match="`ada` is no custodian of group `passwords`"):
        card("ada", SEEDS, PASSWORDS)
