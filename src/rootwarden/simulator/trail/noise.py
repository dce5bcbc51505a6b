"""Everybody else's records, made fast: ten million are a matter of minutes."""

from __future__ import annotations

import re
from bisect import bisect
from datetime import timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from rootwarden.facts.instant import format_instant
from rootwarden.simulator.trail.noise_kinds import KINDS
from rootwarden.simulator.trail.record import BROWSER, CLI, SDK

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.detect.filter_pattern import Event as Record

# Events come up to fifteen minutes before their file.
_WINDOW: Final = 900
_BLANK: Final = re.compile("«(\\w+)»".encode())
_ROLES: Final = (b"app-backend", b"ci-deployer", b"karpenter", b"AWSReservedSSO_ReadOnly_fake012345", b"scanner")
_USERS: Final = (*[b"ada", b"grace", b"jenkins", b"terraform", b"backup"] * 3, b"root")
_NAMES: Final = (*[b"payments", b"web", b"data-lake", b"root-cause", b"ingest"] * 3, b"Rooted")
_AGENTS: Final = tuple(each.encode() for each in (SDK, SDK, CLI, BROWSER))
# A request that is nearly as large as CloudTrail keeps them (100 KB).
_PADDING: Final = b"not much, and again " * 4_500
# In one file of so many there is somebody called Root, and other values that are no root user.
_ALIKE: Final = 8


class _Template(NamedTuple):
    text: bytes
    padded: bool


@cache
def _templates(*, alike: bool) -> tuple[tuple[_Template, ...], tuple[int, ...]]:
    """What records are drawn from, with their weights, summed up; with or without those that hold a value `Root`."""
    templates: list[_Template] = []
    weights: list[int] = []
    for weight, identities, call, fields in KINDS:
        for identity in identities:
            text = _compiled(_whole(identity, call, fields))
            if alike or b'"Root"' not in text:
                templates.append(_Template(text, b"%(padding)b" in text))
                # Sixty times: it divides by every number of identities.
                weights.append(weight * 60 // len(identities))
    return tuple(templates), tuple(accumulate(weights))


def _whole(identity: Record, call: str, fields: Record) -> Record:
    service, _, name = call.partition(":")
    return {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": "«time»",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "«region»",
        "sourceIPAddress": "«address»",
        "userAgent": "«agent»",
        "requestParameters": None,
        "responseElements": None,
        "requestID": "«request»",
        "eventID": "«id»",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "«account»",
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{service}.«region».amazonaws.com",
        },
        **fields,
    }


def _compiled(record: Record) -> bytes:
    return _BLANK.sub(rb"%(\1)b", msgspec.json.encode(record).replace(b"%", b"%%"))


def noise(seed: int, number: int, place: tuple[str, str, datetime], count: int) -> list[bytes]:
    """Records of other people in one log file; the same arguments give the same bytes.

    Args:
        seed: Of the month.
        number: Of the file.
        place: Account and region of the log file, and when it is written; the events were in the quarter of an hour
            before.
        count: How many.
    """
    account, region, at = place
    random = Random(f"{seed}/noise/{number}")  # noqa: S311 - made-up records are no secret
    templates, weights = _templates(alike=number % _ALIKE == 0)
    # Never before midnight: what is late is what the plan makes late.
    window = min(_WINDOW, at.hour * 3600 + at.minute * 60 + 1)
    instants = [format_instant(at - timedelta(seconds=each)).encode() for each in range(0, window, 5)]
    blanks = {b"account": account.encode(), b"region": region.encode(), b"padding": b""}
    blanks[b"start"] = format_instant(at - timedelta(minutes=random.randint(20, 600))).encode()
    made: list[bytes] = []
    for _ in range(count):
        drawn = random.random()
        bits = b"%0192x" % random.getrandbits(768)
        blanks |= _drawn(bits)
        blanks[b"time"] = instants[int(bits[:4], 16) % len(instants)]
        template = templates[bisect(weights, drawn * weights[-1])]
        if template.padded:
            blanks[b"padding"] = _PADDING[: int(bits[4:8], 16) * 90_000 // 65_536]
        made.append(template.text % blanks)
    return made


def _drawn(bits: bytes) -> dict[bytes, bytes]:
    """What differs from record to record, from 192 hexadecimal digits."""
    pick = bits[160:]
    return {
        b"id": b"%b-%b-4%b-8%b-%b" % (bits[0:8], bits[8:12], bits[12:15], bits[15:18], bits[18:30]),
        b"request": b"%b-%b-4%b-9%b-%b" % (bits[30:38], bits[38:42], bits[42:45], bits[45:48], bits[48:60]),
        b"hex": bits[60:77],
        b"tag": bits[77:89].upper(),
        b"session": b"session-" + bits[89:97],
        b"number": b"%d" % int(bits[97:101], 16),
        b"address": b"192.0.2.%d" % int(bits[101:103], 16),
        b"agent": _AGENTS[pick[0] % len(_AGENTS)],
        b"role": _ROLES[pick[1] % len(_ROLES)],
        b"user": _USERS[pick[2] % len(_USERS)],
        b"name": _NAMES[pick[3] % len(_NAMES)],
    }
