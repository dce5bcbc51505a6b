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

    def shares(self) -> dict[str, tuple[int, int]]:
        """(count, of) by the names the study's shares have."""
        return {
            "accounts_used_of_accounts": (self.accounts_used, self.accounts),
            "organizations_used_of_organizations": (self.organizations_used, self.organizations),
            "repeat_accounts_of_accounts_used": (self.repeat_accounts, self.accounts_used),
            "repeat_uses_of_uses": (self.repeat_uses, self.uses),
            "half_of_uses_by_of_accounts_used": (self.half_of_uses_by, self.accounts_used),
            "small_of_uses": (self.small_uses, self.uses),
            "medium_of_uses": (self.medium_uses, self.uses),
            "large_of_uses": (self.large_uses, self.uses),
            "key_accounts_of_accounts": (self.key_accounts, self.accounts),
            "key_organizations_of_organizations": (self.key_organizations, self.organizations),
            "old_key_accounts_of_key_accounts": (self.old_key_accounts, self.key_accounts),
            "key_uses_of_uses": (self.key_uses, self.uses),
            "old_key_uses_of_key_uses": (self.old_key_uses, self.key_uses),
            "without_mfa_of_console_uses": (self.uses_without_mfa, self.console_uses),
            "organizations_without_mfa_of_console_organizations": (
                self.organizations_without_mfa,
                self.console_organizations,
            ),
        }


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
        reckoned: Names of the counts that were not printed, but reckoned from printed shares and means.
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
    reckoned: tuple[str, ...]
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
