"""Numbers of the prose that say how many there are of something, or at most, held against what there is."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import timedelta
from typing import Final, NamedTuple

import pytest
from tests.docs.pages import DOCS, ROOT, text

from rootwarden.breakglass.core import entry, settings
from rootwarden.breakglass.service import messenger, refusals
from rootwarden.detect import catching, limits, variants
from rootwarden.detect.visits.incident import Shape
from rootwarden.packs import pack
from rootwarden.packs.actions import action_catalogue
from rootwarden.packs.event_names import operations
from rootwarden.report import terminal
from rootwarden.report.fleet import sheet, study_plots
from rootwarden.simulator import worlds
from rootwarden.simulator.crowd.escalations import PASSING, SELF
from rootwarden.watch import parking, rounds
from rootwarden.watch.setup import parts
from rootwarden.web.demonstration import _STEPS

WORDS: Final = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
OTHERS: Final = {"thirty": 30, "hundred": 100, "third": 3, "fourth": 4, "fifth": 5}
DEPENDENCIES: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
HOUR: Final = timedelta(hours=1)
PLACES: Final = re.findall(r"^\d\. \*\*", text(DOCS / "adding-a-fact.md"), re.MULTILINE)
REFUSED: Final = json.loads((ROOT / "tests/breakglass/core/vectors/log.json").read_text(encoding="utf-8"))["refused"]
MAPPED: Final = operations()
CATALOGUE: Final = action_catalogue()
ACTIONS: Final = sum(len(service.actions) for each in CATALOGUE.services if (service := CATALOGUE.service(each)))


class Said(NamedTuple):
    """A sentence with `#` in the place of each number, and the numbers."""

    page: str
    sentence: str
    numbers: tuple[float, ...]


def value(said: str) -> float:
    """The number a word or digits stand for."""
    word = said.lower()
    if word in OTHERS or word in WORDS:
        return OTHERS.get(word) or WORDS.index(word)
    return float(word.replace(",", ""))


def told(page: str, sentence: str) -> list[float]:
    """The numbers a page has in the places of `#`; the sentence is there once."""
    prose = " ".join(text(ROOT / page).split())
    (found,) = re.finditer(re.escape(sentence).replace(r"\#", r"(\w[\w.,]*)"), prose)
    return [value(each) for each in found.groups()]


SAID: Final = (
    Said("README.md", "# direct dependencies, all named with their reason", (len(DEPENDENCIES),)),
    Said("README.md", "without --play # steps in a browser", (len(_STEPS),)),
    Said("docs/adding-a-fact.md", "It touches # places", (len(PLACES),)),
    Said("docs/break-glass-protocol.md", "a quorum has at least # approvers", (settings.LEAST_APPROVERS,)),
    Said("docs/break-glass-protocol.md", "a window at most # h", (settings.LONGEST_WINDOW / HOUR,)),
    Said("docs/break-glass-protocol.md", "a request lives at most # h", (settings.LONGEST_LIFE / HOUR,)),
    Said(
        "docs/break-glass-protocol.md",
        "at most # codes a lease, at most # devices an account, # keys a person, # to # custodians",
        (
            settings.MOST_CODES,
            settings.MOST_DEVICES,
            settings.MOST_KEYS,
            settings.LEAST_THRESHOLD,
            settings.MOST_CUSTODIANS,
        ),
    ),
    Said("docs/break-glass-protocol.md", "an entry # KiB", (entry.LONGEST_ENTRY // 1024,)),
    Said("docs/break-glass-protocol.md", "and at most # times", (settings.MOST_OPENINGS,)),
    Said("docs/break-glass-service.md", "# entries an hour at most", (refusals.MOST_AN_HOUR,)),
    Said("docs/break-glass-service.md", "does not answer in # seconds", (int(messenger.SECONDS_TO_SEND),)),
    Said("docs/by-meaning.md", "more than # variants", (catching.MOST_VARIANTS,)),
    Said("docs/root-usage-alarm.md", "More than # variants", (variants.MOST_VARIANTS,)),
    Said(
        "docs/root-usage-alarm.md",
        "At most # trails, # topics and # event rules",
        (limits.TRAILS_ASKED, limits.TOPICS_ASKED, limits.RULES_ASKED),
    ),
    Said("docs/incidents.md", "one of # shapes", (len(Shape),)),
    Said("docs/iam-usage.md", "Of # operations of botocore", (MAPPED.operations,)),
    Said(
        "docs/iam-usage.md",
        "# (# %) lead to an action",
        (MAPPED.mapped, round(100 * MAPPED.mapped / MAPPED.operations, 1)),
    ),
    Said("docs/iam-usage.md", "and # of its # actions", (sum(map(len, MAPPED.actions.values())), ACTIONS)),
    Said("docs/packs.md", "The # alarms of the monitoring section", (len(pack("monitoring")),)),
    Said("docs/reports/formats.md", "Up to # accounts with open findings", (terminal.MOST_ACCOUNTS,)),
    Said("docs/reports/formats.md", "that more than # accounts share", (terminal.SHARED_BY,)),
    Said("docs/simulate-principals.md", "# that pass a role to a service", (len(PASSING),)),
    Said("docs/simulate-principals.md", "# on policies, groups and boundaries of one's own", (len(SELF),)),
    Said("docs/simulator.md", "of 1 to # accounts", (worlds.LARGEST,)),
    Said("docs/study.md", "latest # weeks or the first # rows", (sheet.MOST_ROWS, sheet.MOST_ROWS)),
    Said("docs/study.md", "the map # accounts and # weeks", (study_plots.MAPPED_ACCOUNTS, study_plots.MAPPED_WEEKS)),
    Said("docs/trail-watch.md", "parked when it comes for the # time", (rounds.PARKED_AT,)),
    Said("docs/trail-watch.md", "tried # times, parked", (rounds.PARKED_AT,)),
    Said("docs/trail-watch.md", "a message came # times", (rounds.UNFINISHED_AT,)),
    Said("docs/trail-watch.md", "tried each hour for # days", (parking.GIVEN_UP_AFTER.days,)),
    Said("docs/trail-watch.md", "in # takings", (parts.MOST_RECEIVES,)),
)


@pytest.mark.parametrize("said", SAID, ids=lambda said: f"{said.page}: {said.sentence}")
def test_a_number_is_what_there_is(said: Said) -> None:
    assert told(said.page, said.sentence) == list(said.numbers)


def test_some_hundred_entries_are_refused() -> None:
    (said,) = told("docs/break-glass-protocol.md", "some # entries that have to be `refused`")
    assert said <= len(REFUSED) < 2 * said
