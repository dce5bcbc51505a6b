"""Does a filter pattern catch a sample set? Decided by running it, however it is spelled.

The pattern catches the set when it matches every event that must be caught, those included that its own words suggest
(`variants`): a pattern narrowed by one name, address or caller misses something that no list of samples holds.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.errors import PatternError
from rootwarden.detect.filter_parser import read_filter_pattern
from rootwarden.detect.probes import filter_probes, not_probed
from rootwarden.detect.samples import Use, for_account
from rootwarden.detect.truth import Truth, all_of
from rootwarden.detect.variants import variants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rootwarden.detect.filter_pattern import FilterPattern
    from rootwarden.detect.sample_sets import SampleSet
    from rootwarden.detect.samples import RootEvent

MOST_VARIANTS = 1000
_MOST_ACCOUNTS = 4
# An account nobody has, besides those a pattern names.
_NO_ACCOUNT = "000000000000"
_HOME_REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")


class Catching(msgspec.Struct, frozen=True):
    """What a pattern makes of a set.

    Attributes:
        truth: True when it catches every event that must be caught, false when it misses one, else undecided.
        words: What it misses (`misses DeleteTrail`), why that cannot be said, or what else is to be known of a pattern
            that catches the set (`also catches CreateUser by a role`); may be empty.
    """

    truth: Truth
    words: str = ""


@lru_cache(maxsize=4096)
def catching(pattern: str, samples: SampleSet) -> Catching:
    """Run a pattern on a set.

    Args:
        pattern: As `DescribeMetricFilters` returns it.
        samples: The set.

    Returns:
        The answer for any account; one that holds for some accounts or partitions only is undecided. Never raises for
        a pattern: one that cannot be read or evaluated is undecided too.
    """
    try:
        read = read_filter_pattern(pattern)
        answers = [_in_place(read, samples, *place) for place in _places(pattern)]
    except PatternError as error:
        return Catching(None, error.message)
    first = answers[0]
    if all(answer.truth is first.truth for answer in answers):
        return first
    return Catching(
        None, "the pattern names an account or a partition, and whether that is the filter's own is not known"
    )


def _places(pattern: str) -> Iterator[tuple[str, str]]:
    """(account, partition) to judge for: another one only where the pattern could tell the difference."""
    accounts = list(dict.fromkeys(_ACCOUNT.findall(pattern)))[:_MOST_ACCOUNTS]
    for partition in _HOME_REGIONS:
        if partition == "aws" or partition.removeprefix("aws-") in pattern:
            for account in (_NO_ACCOUNT, *accounts):
                yield account, partition


def _in_place(pattern: FilterPattern, samples: SampleSet, account: str, partition: str) -> Catching:
    events = for_account(samples.samples, account=account, partition=partition, home_region=_HOME_REGIONS[partition])
    shipped = _run(pattern, events)
    missed = [event for event, truth in shipped if event.sample.use is Use.REQUIRED and truth is False]
    if missed:
        return Catching(False, f"misses {_named(missed, events)}")
    suggested = variants(events, filter_probes(pattern), samples.narrowing, most=MOST_VARIANTS)
    every = [*shipped, *_run(pattern, suggested)]
    required = [(event, truth) for event, truth in every if event.sample.use is Use.REQUIRED]
    truth = all_of(truth for _, truth in required)
    if truth is False:
        return Catching(False, f"misses {next(event.sample.title for event, truth in required if truth is False)}")
    doubt = _doubt(pattern, samples, required, beyond=len(suggested) > MOST_VARIANTS)
    return Catching(None, doubt) if doubt else Catching(True, _besides(every))


def _run(pattern: FilterPattern, events: Sequence[RootEvent]) -> list[tuple[RootEvent, Truth]]:
    return [(event, pattern.matches(event.event, event.text)) for event in events]


def _doubt(pattern: FilterPattern, samples: SampleSet, required: list[tuple[RootEvent, Truth]], *, beyond: bool) -> str:
    """Why it cannot be said, or an empty text when nothing stands against it."""
    unsure = [event for event, truth in required if truth is None]
    if unsure:
        return f"whether it catches {unsure[0].sample.title} depends on what AWS does not document"
    unread = not_probed(pattern, samples.narrowing)
    if unread:
        return f"what the pattern leaves out by `%{unread}%` is not evaluated"
    return f"the pattern compares with more values than {MOST_VARIANTS} events can try" if beyond else ""


def _named(missed: Sequence[RootEvent], events: Sequence[RootEvent]) -> str:
    """The first missed event; by its name alone where every event of that name is missed and others are not."""
    first = missed[0]
    name = first.event.get("eventName")
    required = [event for event in events if event.sample.use is Use.REQUIRED]
    alike = [event for event in required if event.event.get("eventName") == name]
    if len(alike) > 1 and len(alike) < len(required) and all(event in missed for event in alike):
        return str(name)
    return first.sample.title


def _besides(every: Sequence[tuple[RootEvent, Truth]]) -> str:
    """What a pattern leaves out though it may, and what it catches besides the set; the first of each."""
    left_out = _first(every, Use.OPTIONAL, caught=False)
    broad = _first(every, Use.OTHER, caught=True)
    clauses = (f"leaves out {left_out}" if left_out else "", f"also catches {broad}" if broad else "")
    return "; ".join(clause for clause in clauses if clause)


def _first(every: Sequence[tuple[RootEvent, Truth]], use: Use, *, caught: bool) -> str:
    return next((event.sample.title for event, truth in every if event.sample.use is use and truth is caught), "")
