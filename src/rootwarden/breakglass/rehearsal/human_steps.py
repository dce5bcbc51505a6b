"""What people have to do, one after the other, from a cold start to a code: the list of docs/break-glass-steps.md.

Seconds are what a person is given who has never done it on this day and reads every page; nobody measured them on real
people. They do not overlap here, though custodians may all act at once.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class HumanStep(NamedTuple):
    """One thing somebody does.

    Attributes:
        person: Who.
        does: What.
        seconds: How long they are given.
    """

    person: str
    does: str
    seconds: int


COLD_START: Final = (
    HumanStep("rita", "signs in, and files a request with task, ticket and reason", 90),
    HumanStep("rita", "calls the first approver and reads the phrase out", 45),
    HumanStep("anna", "signs in, reads what is granted, types the phrase, uses her passkey", 60),
    HumanStep("rita", "calls the second approver and reads the phrase out", 45),
    HumanStep("omar", "signs in, reads what is granted, types the phrase, uses his passkey", 60),
    HumanStep("rita", "begins the window", 10),
    HumanStep("carl", "compares the fingerprint, peels, uses his key", 60),
    HumanStep("cleo", "compares the fingerprint, peels, uses her key", 60),
    HumanStep("cora", "compares the fingerprint, peels, uses her key", 60),
    HumanStep("rita", "uses her passkey for a code", 15),
    HumanStep("rita", "waits for the step to begin, at most", 30),
)
LONGEST: Final = 600
