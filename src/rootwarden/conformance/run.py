"""Make the calls on both sides, and compare what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.conformance.asking import outcomes
from rootwarden.conformance.compare import judge
from rootwarden.conformance.place import place_of
from rootwarden.conformance.result import Compared, Conformance
from rootwarden.conformance.simulated import simulated_outcomes
from rootwarden.conformance.steps import STEPS
from rootwarden.conformance.words import PARTITIONS

if TYPE_CHECKING:
    from rootwarden.aws.door import Door
    from rootwarden.conformance.asking import OnStep


def compare_with_simulator(door: Door, *, real_aws: bool, profile: str = "", on_step: OnStep) -> Conformance:
    """Make every call against AWS and against the simulator, and compare.

    Args:
        door: The way to AWS, or to whatever `AWS_ENDPOINT_URL` names.
        real_aws: Whether that is AWS itself; it is only told.
        profile: AWS profile, so that the simulator's side is set up like the other.
        on_step: Called before each call to AWS.

    Raises:
        AccessError: AWS does not accept the credentials.
        AwsError: AWS cannot be reached.
        UsageError: The account is in a partition that is not simulated.
    """
    place = place_of(door)
    aws = outcomes(door, place, on_step)
    simulated = simulated_outcomes(place, profile)
    return Conformance(
        partition=place.partition if place.partition in PARTITIONS else "another",
        standing=place.standing,
        caller=place.caller,
        real_aws=real_aws,
        calls=tuple(
            Compared(
                call=step.call,
                case=step.case,
                judged=judge(aws[step.key], simulated[step.key]),
                aws=aws[step.key],
                simulator=simulated[step.key],
            )
            for step in STEPS
        ),
    )
