"""Runs the vault on its own replay of the log, with its own trusted clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.codes.clock import Kind, Reference
from rootwarden.breakglass.codes.clock_source import read_clocks
from rootwarden.breakglass.core.anchor import Witnessed
from rootwarden.breakglass.service.clock import TrustedClock
from rootwarden.breakglass.vault.nonces import Nonces
from rootwarden.breakglass.vault.process import run
from rootwarden.breakglass.vault.replayed import ReplayedAuthority

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.breakglass.codes.clock import Reading
    from rootwarden.breakglass.core.anchor import Proof
    from rootwarden.breakglass.vault.process import Settings

# The second the time in a cosignature is cut to.
_GRAIN: Final = 1.0


def run_vault(
    settings: Settings,
    *,
    checkpoint_keys: Sequence[Ed25519PublicKey],
    reading: Callable[[], Reading] = read_clocks,
) -> None:
    """Be the vault until told to end.

    Args:
        settings: Where it keeps what, and who may ask.
        checkpoint_keys: Keys that sign heads of the log.
        reading: Reads this machine's clocks.

    Raises:
        VaultError: The vault does not run here.
    """
    authority = ReplayedAuthority()
    clock = TrustedClock(lambda: authority.state, reading=reading)

    nonces = Nonces(lambda: reading().steady)
    authority.anchored = learning(clock, nonces, reading)
    run(
        settings,
        authority=authority,
        checkpoint_keys=checkpoint_keys,
        clock=lambda: _checked(clock),
        monotonic=lambda: reading().steady,
        nonces=nonces,
    )


def learning(clock: TrustedClock, nonces: Nonces, reading: Callable[[], Reading]) -> Callable[[Sequence[Proof]], None]:
    """What the vault makes of the proofs of a head: the time a witness signed, if it signed a word of the vault's.

    Without one it may be an old statement, held back until it suits a clock that was put back.
    """

    def learn(proofs: Sequence[Proof]) -> None:
        for proof in proofs:
            age = nonces.age(proof.cosignature.nonce) if isinstance(proof, Witnessed) else None
            if isinstance(proof, Witnessed) and age is not None:
                clock.learn(_reference(proof, age, reading()))

    return learn


def _checked(clock: TrustedClock) -> datetime:
    clock.check()
    return clock.now()


def _reference(proof: Witnessed, age: float, now: Reading) -> Reference:
    """The time a witness signed between our word, `age` seconds ago, and now: the middle, give or take the half."""
    statement = proof.cosignature
    half = (age + _GRAIN) / 2
    instant = statement.time + timedelta(seconds=half)
    return Reference(kind=Kind.WITNESS, names=(statement.witness,), instant=instant, uncertainty=half, at=now)
