"""What is sealed of a device gives the codes of the device, whatever was imported."""

from __future__ import annotations

import base64
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.breakglass.codes.code import Algorithm, Parameters, code_at
from rootwarden.breakglass.codes.seed import Seed
from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.vault.devices import codes, read_material

WORDS = st.text(st.characters(categories=["L", "N", "P", "Zs"], exclude_characters=":"), max_size=20).map(str.strip)


@settings(deadline=None)
@given(
    seed=st.binary(min_size=16, max_size=64),
    step=st.integers(0, 1 << 40),
    parameters=st.builds(Parameters, digits=st.integers(6, 8), algorithm=st.sampled_from(Algorithm)),
    issuer=WORDS,
    name=WORDS,
)
def test_what_is_sealed_gives_the_same_codes(
    seed: bytes, step: int, parameters: Parameters, issuer: str, name: str
) -> None:
    secret = base64.b32encode(seed).decode().rstrip("=")
    query = f"secret={secret}&algorithm={parameters.algorithm}&digits={parameters.digits}"
    label = quote(f"{issuer}:{name}@000011112222" if issuer else f"{name}@000011112222", safe="")
    brought = Secret(bytearray(f"otpauth://totp/{label}?{query}".encode()), "what was brought")
    sealed = read_material(brought, "text", "000011112222")
    given_out = codes(sealed.record, [step, step + 1]).content.decode()
    assert given_out.split() == [code_at(Seed(seed), one, parameters).reveal() for one in (step, step + 1)]
