"""Where guardrails are proven and replayed on: an evidence folder, or AWS as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.facts.organization import Organization
    from rootwarden.guardrails.standing import Landscape


def landscape_of(
    evidence: Path | None, *, profile: str, region: str, sign_in: bool = False
) -> tuple[Landscape, Organization]:
    """Every account with what stands above it, and its organization.

    Args:
        evidence: An evidence folder; without one AWS is asked.
        profile: The AWS profile to ask with.
        region: The region to ask in.
        sign_in: Whether Sign-In policies are needed: of AWS that of the caller's own account is read.

    Raises:
        UsageError: The folder holds no evidence.
        AccessError: AWS does not let the caller list the organization's accounts.
        AwsError: AWS cannot be reached.
    """
    if evidence is not None:
        from rootwarden.collect.folder import EvidenceFolder
        from rootwarden.collect.guardrail_landscape import read_landscape

        return read_landscape(EvidenceFolder(evidence))
    from rootwarden.aws.door import Door, now
    from rootwarden.collect.live_landscape import look_at_landscape

    return look_at_landscape(Door(profile=profile, region=region), now, sign_in=sign_in)
