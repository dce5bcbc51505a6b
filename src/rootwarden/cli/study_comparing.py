"""`study --compare OTHER`: which other study is meant, and both side by side."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.cli.options import instant
from rootwarden.errors import UsageError
from rootwarden.fleet.account_weeks import AccountWeeks
from rootwarden.fleet.result import Study
from rootwarden.report.fleet.told import Asked

if TYPE_CHECKING:
    from rootwarden.cli.fleet_reading import Reader
    from rootwarden.fleet.compare import Side
    from rootwarden.report.fleet.told import Comparison

PUBLISHED: Final = "published"
# Organizations API Reference, Organization, Id.
_ORGANIZATION: Final = re.compile(r"o-[a-z0-9]{10,32}")


class Ours(msgspec.Struct, frozen=True):
    """Our side.

    Attributes:
        study: Our study.
        weeks: What it was made from.
        asked: The archive, in which another period or organization is looked for, and the organization if only one.
    """

    study: Study
    weeks: AccountWeeks
    asked: Asked


def beside(other: str, made: Ours, reader: Reader) -> Comparison:
    """A study beside the one that is named.

    Args:
        other: `published` or a published study's id, a period `FROM..TO`, an organization's id, or another archive.
        made: Our side.
        reader: Opens the other archive.

    Raises:
        RootwardenError: When nothing of that name is there, or it cannot be read.
    """
    from rootwarden.fleet.compare import compare, side_of, side_of_published
    from rootwarden.packs.published import DEFAULT, names, published
    from rootwarden.report.fleet.compared import compared

    ours = side_of("this study", made.study, made.weeks)
    if other == PUBLISHED or other in names():
        figures = published(DEFAULT if other == PUBLISHED else other)
        return compared(compare(side_of_published(figures), ours), made.study, figures)
    return compared(compare(_side(other, made, reader), ours), made.study)


def _side(other: str, ours: Ours, reader: Reader) -> Side:
    """A study of another period, organization or archive, by the same parameters."""
    from rootwarden.fleet.compare import side_of
    from rootwarden.fleet.study import study_of

    parameters, archive, organization = ours.weeks.parameters, ours.asked.source, ours.asked.organization
    if ".." in other and not Path(other).exists():
        first, _, last = other.partition("..")
        weeks = reader.weeks(archive, parameters, (instant(first), instant(last)), organization)
    elif _ORGANIZATION.fullmatch(other):
        weeks = reader.weeks(archive, parameters, organization=other)
    elif other.startswith("s3://") or Path(other).exists():
        weeks = reader.weeks(other, parameters)
    else:
        raise UsageError(
            f"there is nothing called `{other}` to compare with",
            hint="give `published`, a period FROM..TO, an organization's id, or another archive",
        )
    return side_of(other, study_of(weeks), weeks)
