"""The figures of a published study, as data: what a fleet is compared with, and what the synthetic one is made from."""

from __future__ import annotations

from datetime import date

import msgspec

from rootwarden.errors import InputError


class Counts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Counts as docs/fleet-study.md defines them; `account_weeks`, `organization_weeks`: sums over the weekly table."""

    accounts: int
    organizations: int
    iam_users: int
    accounts_used: int
    organizations_used: int
    uses: int
    account_weeks: int
    organization_weeks: int
    repeat_accounts: int
    repeat_uses: int
    half_of_uses_by: int
    small_uses: int
    medium_uses: int
    large_uses: int
    key_accounts: int
    key_organizations: int
    old_key_accounts: int
    key_uses: int
    old_key_uses: int
    console_uses: int
    uses_without_mfa: int
    console_organizations: int
    organizations_without_mfa: int

    @property
    def both_uses(self) -> int:
        """Account-weeks with a console use and a key use."""
        return self.console_uses + self.key_uses - self.uses


class Reading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where published figures contradict each other: what is printed, which reading is taken, and why."""

    published: str
    taken: str
    why: str


class Published(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published study.

    Attributes:
        id: Its short name.
        title: Its own title.
        by: Who published it, and when.
        first: Day of the first sample.
        last: Day of the last sample.
        weeks: Number of weekly samples.
        counts: The counts.
        printed: Shares as printed, in percent, by the name they have in the study's `shares`.
        reading: How contradictions were read.
    """

    id: str
    title: str
    by: str
    first: date
    last: date
    weeks: int
    counts: Counts
    printed: dict[str, float]
    reading: tuple[Reading, ...]


def parse_published(text: str, *, file: str) -> Published:
    """Read a study from TOML.

    Raises:
        InputError: When it is not one.
    """
    try:
        return msgspec.toml.decode(text, type=Published)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise InputError(f"`{file}` is not a published study: {error}", hint="see packs/published/") from error
