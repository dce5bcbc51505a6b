"""Custody cards: a sheet of paper for each custodian, that says what they keep and how it opens without this software.

No secret is on a card; a custodian's own key stays where they made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from rootwarden.breakglass.codes.qr import svg
from rootwarden.breakglass.custody import age
from rootwarden.breakglass.custody.export import HOW_TO_OPEN
from rootwarden.breakglass.custody.hierarchy import Group
from rootwarden.breakglass.custody.spelling import Digest
from rootwarden.breakglass.custody.troubles import CustodyError
from rootwarden.facts.instant import Instant, format_instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

_PACKAGE: Final = "rootwarden.breakglass.custody"
_KEEPS: Final = {"totp-seed": "the seeds of MFA devices", "root-password": "root passwords"}


class ExportFile(msgspec.Struct, frozen=True, kw_only=True):
    """An export a card tells of.

    Attributes:
        account: Of which account.
        made_at: When it was made.
        digest: SHA-256 of the file.
    """

    account: str
    made_at: Instant
    digest: Digest


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A group a custodian belongs to.

    Attributes:
        group: The group.
        envelope: SHA-256 of its envelope.
        exports: Its exports.
    """

    group: Group
    envelope: Digest
    exports: Annotated[list[ExportFile], Meta(max_length=1000)] = []


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What is on a card.

    Attributes:
        custodian: Whose it is.
        printed_at: When.
        groups: What they keep.
        export_key: SHA-256 of the public key exports are signed with (its 32 bytes).
    """

    custodian: str
    printed_at: Instant
    groups: list[Kept]
    export_key: Digest


def custody_card(card: Card) -> str:
    """The page of a custody card, to be printed; it needs no network and runs nothing.

    Raises:
        CustodyError: They are in none of the groups, or have different keys in them.
    """
    recipient = _recipient(card)
    return _page(
        "card.html",
        custodian=card.custodian,
        printed=format_instant(card.printed_at),
        recipient=recipient,
        fingerprint=age.in_groups(age.fingerprint(recipient)),
        code=_code(recipient, "the recipient"),
        groups=[_shown(kept, card.custodian) for kept in card.groups],
        export_key=_whole(card.export_key),
        how_to_open=HOW_TO_OPEN,
    )


def _recipient(card: Card) -> str:
    found = {each.recipient for kept in card.groups for each in kept.group.custodians if each.name == card.custodian}
    if len(found) != 1:
        raise CustodyError(
            f"`{card.custodian}` has {len(found)} keys in these groups, not one",
            hint="a card is for a custodian of every group on it",
        )
    return found.pop()


def _shown(kept: Kept, custodian: str) -> dict[str, object]:
    group = kept.group
    others = [each for each in group.custodians if each.name != custodian]
    if len(others) == len(group.custodians):
        raise CustodyError(f"`{custodian}` is no custodian of group `{group.name}`")
    return {
        "name": group.name,
        "epoch": group.epoch,
        "keeps": _KEEPS[group.keeps],
        "threshold": group.threshold,
        "number": len(group.custodians),
        "accounts": group.accounts,
        "others": [(each.name, age.in_groups(age.fingerprint(each.recipient))) for each in others],
        "envelope": _whole(kept.envelope),
        "exports": [(each.account, format_instant(each.made_at), _whole(each.digest)) for each in kept.exports],
    }


def _whole(digest: str) -> str:
    """All of a digest in groups of eight, to be held against what `sha256sum` prints."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def _code(text: str, title: str) -> Markup:
    from markupsafe import Markup

    return Markup(svg(text, title=title))  # noqa: S704 - made by segno, which escapes the title


def _page(template: str, **fields: object) -> str:
    from rootwarden.report.sheet import dressed, templates

    page = templates(_PACKAGE).get_template(template)
    return page.render(**fields, **dressed((_PACKAGE, "card.css")))


def cards(groups: Sequence[Kept], *, printed_at: Instant, export_key: Digest) -> dict[str, str]:
    """The cards of everybody in some groups, by name."""
    names = dict.fromkeys(each.name for kept in groups for each in kept.group.custodians)
    return {
        name: custody_card(
            Card(
                custodian=name,
                printed_at=printed_at,
                groups=[kept for kept in groups if any(each.name == name for each in kept.group.custodians)],
                export_key=export_key,
            )
        )
        for name in names
    }
