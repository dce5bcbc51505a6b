"""Journals of the removal as `credentials progress` takes them: verified first, and no further than they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.fleet.removal_work import Work
    from rootwarden.rollout.entry import Entry

PURPOSE: Final = "remove root credentials"


def works_in(paths: Iterable[Path], keys: Iterable[Path]) -> tuple[tuple[Work, ...], bool]:
    """What each wave of some journals came to, and whether all of them hold.

    What does not hold is said on stderr, and nothing from there on is believed.

    Args:
        paths: The journals.
        keys: Public keys (PEM) of who may have written them.

    Raises:
        UsageError: There is no key, a journal is given twice, or is of something else.
        InputError: A journal cannot be read, or a key is none.
    """
    from rootwarden.cli.applying import public_keys, say
    from rootwarden.credentials.course import works_of

    paths, trusted = tuple(paths), public_keys(keys)
    if paths and not trusted:
        hint = "--key FILE, the public key (PEM) of who removed; a journal is worth what its signatures are"
        raise UsageError("who wrote the journals cannot be told without a key", hint=hint)
    works: list[Work] = []
    seen: dict[str, Path] = {}
    whole = True
    for path in paths:
        entries, why = _believed(path, trusted)
        if why:
            say(f"warning: `{path}`: {why}; nothing from it on is believed")
            whole = False
        if entries and entries[0].detail != PURPOSE:
            raise UsageError(f"`{path}` is the journal of something else: {entries[0].detail}")
        found = works_of(entries)
        for name in {work.journal for work in found}:
            if name in seen:
                raise UsageError(f"`{seen[name]}` and `{path}` are the same journal", hint="give the longer one")
            seen[name] = path
        works += found
    return tuple(works), whole


def _believed(path: Path, keys: list[Ed25519PublicKey]) -> tuple[tuple[Entry, ...], str]:
    """The lines of a journal that hold, and what is wrong with the one after them."""
    from rootwarden.rollout.reading import believed, read_journal

    content = read_journal(path)
    found = believed(content, keys)
    return content.entries[: found.entries], "" if found.holds else f"line {found.bad + 1} {found.why}"


def within(
    works: Iterable[Work], period: tuple[datetime | None, datetime | None], organization: str
) -> tuple[Work, ...]:
    """What of it is of a period, and of one organization.

    Args:
        works: Of journals.
        period: First instant, and first instant after it.
        organization: Only the accounts of this one; empty for all.
    """
    import msgspec

    start, end = period
    return tuple(
        msgspec.structs.replace(
            work,
            announced=work.announced if start is None else max(start, work.announced),
            planned=tuple(
                one for one in work.planned if (start is None or one.at >= start) and (end is None or one.at < end)
            ),
            stretches=tuple(
                one
                for one in work.stretches
                if (start is None or one.ended >= start) and (end is None or one.ended < end)
            ),
        )
        for work in works
        if organization in {"", work.organization} and (end is None or work.announced < end)
    )
