"""What an exported detection is, and what of its meaning another language cannot hold."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Language(StrEnum):
    """The languages detections are exported to."""

    SIGMA = "sigma"
    EVENT_BRIDGE = "eventbridge"
    METRIC_FILTER = "metric-filter"


class Loss(StrEnum):
    """Something the exported text does not mean as the detection does, in words."""

    CUT = (
        "a record whose request or answer was left out for its size is judged by what is left; here it counts as meant"
    )
    LETTER_CASE = "letter case: it compares all texts in any case; here only some are"
    SPELLINGS = "letter case: only some spellings are matched; here any is"
    LISTS = "values inside lists are not looked at; here one element is enough"
    ONLY_ARN = "events that name root by its ARN only are not matched"
    EMPTY_ERROR = "an empty `errorCode` counts as a failure"
    JOINS = "it sees one event, not the visit: no check-out, no severity that rises, no join with AssumeRoot"
    READS = "it is about reads, which a rule gets in the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS only"
    REGIONS = "a rule hears of its own Region only: make it in every Region, sign-ins and IAM are in us-east-1"
    TWO_STAGES = "it is one stage of a composite: by itself it says little where somebody else than root did it"
    DATA_EVENTS = "some of these are data events, which a trail records and delivers only where it is told to"


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """One detection in another language.

    Attributes:
        detection: Its id.
        language: Which language.
        documents: The texts, each complete; several where one would be longer than AWS allows.
        lost: What the texts together do not mean as the detection does.
    """

    detection: str
    language: Language
    documents: tuple[str, ...]
    lost: tuple[Loss, ...]
