"""Sample events: what a filter or rule is run on to see whether it catches what it is there for.

The data lives in `packs/samples/`, our own synthetic records; those of root use have the letter of a shape of identity.
An event holds the words `ACCOUNT`, `PARTITION`, `HOME_REGION` and `OTHER_REGION` where a real record has values, so
that a filter narrowed to one account or region is judged for the account at hand.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.errors import PatternError
from rootwarden.detect.filter_pattern import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.detect.filter_pattern import Value

LARGEST_SAMPLE = 64 * 1024
_OTHER_REGIONS = {"aws": "eu-west-1", "aws-us-gov": "us-gov-east-1", "aws-cn": "cn-northwest-1"}


class Use(StrEnum):
    """What a sample is for.

    `required` must reach somebody; `optional` is noted when it does not (reads, failed sign-ins); `decoy` may be left
    out (service events, calls a service makes for root); `other` is something else (not root, for the set of root):
    catching it is noted as broad.
    """

    REQUIRED = "required"
    OPTIONAL = "optional"
    DECOY = "decoy"
    OTHER = "other"


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One sample as the data file has it.

    Attributes:
        id: Stable name, the file's name.
        title: What it is, for a sentence: `a root sign-in without MFA`.
        shape: Letter of the shape of identity.
        use: What it is for.
        event: The CloudTrail record with the placeholder words.
        variant: It is no shipped sample: the words of a pattern suggested it (`detect.variants`).
    """

    id: str
    title: str
    shape: str
    use: Use
    event: Event
    variant: bool = False


class RootEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A sample made for one account.

    Attributes:
        sample: Where it comes from.
        event: The record with this account's values.
        text: The record as one line of compact JSON.
        region: Where CloudTrail records it.
        read_only: The record says it only read.
    """

    sample: Sample
    event: Event
    text: str
    region: str
    read_only: bool


def read_samples(texts: Iterable[str | bytes]) -> tuple[Sample, ...]:
    """Read samples from the texts of their files, ordered by id.

    Raises:
        PatternError: A text is no sample, or two have one id.
    """
    samples: dict[str, Sample] = {}
    for text in texts:
        if len(text) > LARGEST_SAMPLE:
            raise PatternError(f"a sample event is larger than {LARGEST_SAMPLE} bytes")
        try:
            sample = _sample(msgspec.json.decode(text, type=_SampleFile))
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise PatternError(f"a sample event cannot be read: {error}") from error
        if sample.id in samples:
            raise PatternError(f"two sample events are called `{sample.id}`")
        samples[sample.id] = sample
    return tuple(samples[name] for name in sorted(samples))


def for_account(samples: Iterable[Sample], *, account: str, partition: str, home_region: str) -> tuple[RootEvent, ...]:
    """Put one account's values into the samples.

    Args:
        samples: As read.
        account: Twelve digits.
        partition: `aws`, `aws-us-gov`, …
        home_region: Where the partition records sign-ins and IAM calls (`us-east-1`).
    """
    words = {
        "ACCOUNT": account,
        "PARTITION": partition,
        "HOME_REGION": home_region,
        "OTHER_REGION": _OTHER_REGIONS.get(partition, "eu-west-1"),
    }
    return tuple(_root_event(sample, words) for sample in samples)


class _SampleFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    shape: str
    use: Use
    event: msgspec.Raw


def _sample(file: _SampleFile) -> Sample:
    event: Value = msgspec.json.decode(file.event)
    if not isinstance(event, dict):
        raise PatternError(f"the event of the sample `{file.id}` is no object")
    return Sample(id=file.id, title=file.title, shape=file.shape, use=file.use, event=event)


def _root_event(sample: Sample, words: Mapping[str, str]) -> RootEvent:
    event = {name: with_words(value, words) for name, value in sample.event.items()}
    return RootEvent(
        sample=sample,
        event=event,
        text=msgspec.json.encode(event).decode(),
        region=str(event.get("awsRegion", "")),
        read_only=event.get("readOnly") in (True, "true"),
    )


def with_words(value: Value, words: Mapping[str, str]) -> Value:
    """The value with each of the words replaced, in texts at any depth; names of fields stay."""
    if isinstance(value, dict):
        return {name: with_words(child, words) for name, child in value.items()}
    if isinstance(value, list):
        return [with_words(child, words) for child in value]
    if isinstance(value, str):
        for word, replacement in words.items():
            value = value.replace(word, replacement)
    return value
