"""Whether a digest is proven: its signature, its key, and the digest after it.

A digest's signature stands in its own metadata and, once more, in the digest that follows (CloudTrail user guide,
"CloudTrail digest file structure"). So a copy without metadata proves every digest but the newest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.trail.digests.digest import ALGORITHM
from rootwarden.trail.digests.keys import NoKey
from rootwarden.trail.digests.result import Verdict

if TYPE_CHECKING:
    from rootwarden.trail.digests.digest import Digest
    from rootwarden.trail.digests.keys import Keys, PublicKey
    from rootwarden.trail.digests.seen import SeenDigest


class Decision(msgspec.Struct, frozen=True):
    """What is known of a digest.

    Attributes:
        verdict: `valid`, `invalid` or `unknown`.
        reason: Why it is not valid.
        contradiction: Two things that cannot both be what CloudTrail wrote, when it is not known which is wrong.
    """

    verdict: Verdict
    reason: str = ""
    contradiction: str = ""


VALID = Decision(Verdict.VALID)


def follows(later: SeenDigest, earlier: SeenDigest) -> bool:
    """Whether a digest says that another is the one before it."""
    if later.digest is None or earlier.digest is None or later.misplaced:
        return False
    before = (later.digest.previous_digest_s3_bucket, later.digest.previous_digest_s3_object)
    return before == (earlier.digest.digest_s3_bucket, earlier.digest.digest_s3_object)


def decide(seen: SeenDigest, later: SeenDigest | None, proven: Verdict | None, keys: Keys) -> Decision | None:
    """Decide about a digest.

    Args:
        seen: The digest.
        later: The next digest of its chain that is here.
        proven: What is known of that; `None` while it is not decided.
        keys: Public keys.

    Returns:
        The decision; `None` when it depends on the later digest, which is not decided.
    """
    if seen.fault:
        return Decision(Verdict.INVALID, seen.fault)
    digest = seen.digest
    if seen.unread or digest is None:
        return Decision(Verdict.UNKNOWN, seen.unread)
    if digest.digest_signature_algorithm != ALGORITHM:
        return Decision(
            Verdict.UNKNOWN, f"it is signed with `{digest.digest_signature_algorithm[:64]}`, not {ALGORITHM}"
        )
    key = _key(seen, digest, keys)
    if isinstance(key, NoKey):
        return Decision(Verdict.INVALID if key.refuted else Verdict.UNKNOWN, key.reason)
    text = digest.signed_text(seen.sha256)
    if seen.metadata.signature:
        own = key.verifies(seen.metadata.signature, text)
        return VALID if own else Decision(Verdict.INVALID, "its signature does not verify")
    return _by_the_next(seen, later, proven, key, text)


def _by_the_next(
    seen: SeenDigest, later: SeenDigest | None, proven: Verdict | None, key: PublicKey, text: bytes
) -> Decision | None:
    """Decide by the signature that the next digest holds."""
    if later is None:
        return Decision(Verdict.UNKNOWN, "its signature is not here: its metadata hold it, and so will the next digest")
    if later.digest is None or not follows(later, seen):
        return Decision(
            Verdict.UNKNOWN,
            "its signature is not here: the digest right after it, which would hold it, is not here either",
        )
    if key.verifies(later.digest.previous_digest_signature or "", text):
        return VALID
    if proven is None:
        return None
    if proven is Verdict.VALID:
        return Decision(Verdict.INVALID, "its signature, which the next digest holds, does not verify")
    name = later.name.rpartition("/")[2]
    contradiction = f"the signature `{name}` holds for it does not verify: one of the two was changed"
    return Decision(Verdict.UNKNOWN, "its signature is not here: the next digest is not proven", contradiction)


def _key(seen: SeenDigest, digest: Digest, keys: Keys) -> PublicKey | NoKey:
    """The key that should have signed: for a backfill digest at the time it was made, which its metadata tell."""
    generated = seen.metadata.generated if seen.told.backfill else None
    found = keys.find(seen.site.region, digest.digest_public_key_fingerprint, generated or seen.end)
    if isinstance(found, NoKey) and seen.told.backfill and generated is None:
        return NoKey(f"{found.reason}; when it was made is in its metadata, which are not here")
    return found
