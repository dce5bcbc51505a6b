"""BG-1 (a seed goes nowhere), RFC 4226 and RFC 6238 with all their published vectors, and codes that people type."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import traceback
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pyotp
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rootwarden.breakglass.codes.code import Algorithm, Code, Parameters, code_at
from rootwarden.breakglass.codes.seed import Seed
from rootwarden.breakglass.codes.step import step_of, window_of
from rootwarden.errors import InputError, InternalError

if TYPE_CHECKING:
    from collections.abc import Callable

TWENTY = b"12345678901234567890"
# RFC 4226, appendix D.
HOTP = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
# RFC 6238, appendix B, with seeds as long as the hash (erratum 2866).
SEEDS = {Algorithm.SHA1: TWENTY, Algorithm.SHA256: (TWENTY * 2)[:32], Algorithm.SHA512: (TWENTY * 4)[:64]}
TOTP = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]
AT = [(second, algorithm, codes[place]) for second, *codes in TOTP for place, algorithm in enumerate(Algorithm)]
CANARY = b"canary-of-a-seed-which-must-not-show"


@pytest.mark.parametrize("counter", range(10))
def test_hotp_vectors(counter: int) -> None:
    assert code_at(Seed(TWENTY), counter).reveal() == HOTP[counter]


@pytest.mark.parametrize(("second", "algorithm", "expected"), AT)
def test_totp_vectors(second: int, algorithm: Algorithm, expected: str) -> None:
    step = step_of(datetime.fromtimestamp(second, UTC))
    parameters = Parameters(digits=8, algorithm=algorithm)
    assert code_at(Seed(SEEDS[algorithm]), step, parameters).reveal() == expected


@settings(deadline=None)
@given(
    seed=st.binary(min_size=14, max_size=128),
    step=st.integers(0, 1 << 40),
    digits=st.integers(6, 8),
    algorithm=st.sampled_from(Algorithm),
)
@example(seed=bytes(14), step=0, digits=6, algorithm=Algorithm.SHA1)
def test_codes_are_those_of_pyotp(seed: bytes, step: int, digits: int, algorithm: Algorithm) -> None:
    other = pyotp.HOTP(base64.b32encode(seed).decode(), digits=digits, digest=algorithm.value.lower())
    ours = code_at(Seed(seed), step, Parameters(digits=digits, algorithm=algorithm))
    assert ours.reveal() == other.at(step)


@settings(deadline=None)
@given(
    st.integers(0, 220 * 10**15).map(lambda part: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=part)),
    st.integers(15, 300),
)
@example(datetime(2026, 3, 2, 8, 0, 29, 999_999, tzinfo=UTC), 30)
@example(datetime(8999, 12, 30, 23, 59, 59, 999_999, tzinfo=UTC), 30)
def test_an_instant_lies_in_the_window_of_its_step_and_of_no_other(instant: datetime, period: int) -> None:
    step = step_of(instant, period)
    window = window_of(step, period)
    assert window.valid_from <= instant < window.valid_until
    assert window.valid_until - window.valid_from == timedelta(seconds=period)
    assert step_of(window.valid_until, period) == step + 1


def test_steps_are_of_the_calendar() -> None:
    with pytest.raises(InputError, match="before 1970"):
        step_of(datetime(1969, 12, 31, tzinfo=UTC))
    with pytest.raises(InputError, match="calendar"):
        window_of(1 << 60)


@pytest.mark.parametrize("step", [-1, 1 << 64])
def test_a_step_is_a_64_bit_number(step: int) -> None:
    with pytest.raises(InputError, match="64"):
        code_at(Seed(TWENTY), step)


@pytest.mark.parametrize("change", [{"digits": 5}, {"digits": 9}, {"period": 14}, {"period": 301}, {"period": 0}])
def test_parameters_out_of_range_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(InputError):
        Parameters(**change)  # type: ignore[arg-type]  # what is no parameter is the point


@pytest.mark.parametrize("size", [0, 13, 129])
def test_a_seed_too_short_or_too_long_is_refused(size: int) -> None:
    with pytest.raises(InputError, match="bits"):
        Seed(bytes(size))


class Box(msgspec.Struct):
    held: object


WAYS_OUT: dict[str, Callable[[Any], object]] = {
    "pickle": pickle.dumps,
    "old pickle": lambda it: pickle.dumps(it, protocol=0),
    "copy": copy.copy,
    "deep copy": copy.deepcopy,
    "json": json.dumps,
    "msgspec json": msgspec.json.encode,
    "msgspec builtins": lambda it: msgspec.to_builtins(Box(it)),
    "msgspec json inside": lambda it: msgspec.json.encode(Box(it)),
    "msgpack": msgspec.msgpack.encode,
    "hash": hash,
    "attributes": vars,
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_bg_1_a_seed_and_a_code_go_nowhere_by_accident(way: str) -> None:
    for secret in (Seed(CANARY), Code("482910")):
        with pytest.raises(TypeError) as caught:
            WAYS_OUT[way](secret)
        told = "".join(traceback.format_exception(caught.value))
        assert "canary" not in told
        assert "482910" not in told


@pytest.mark.parametrize("shown", ["{}", "{!r}", "{!s}", "{:>40}", "{0!a}"])
def test_bg_1_a_seed_and_a_code_do_not_print(shown: str) -> None:
    assert "canary" not in shown.format(Seed(CANARY))
    assert "482910" not in shown.format(Code("482910"))
    assert repr(Box(Seed(CANARY))).endswith("Box(held=Seed(…))")


def test_seeds_and_codes_compare_by_what_they_hold() -> None:
    assert Seed(CANARY) == Seed(bytearray(CANARY))
    assert Seed(CANARY) != Seed(CANARY[::-1])
    assert Seed(CANARY) != CANARY
    assert Code("123456") == Code("123456")
    assert Code("123456") != Code("123457")
    assert Code("123456") != "123456"


def test_a_wiped_seed_is_zero_where_it_was_and_of_no_use() -> None:
    with Seed(CANARY) as seed:
        view = seed.reveal()
        assert bytes(view) == CANARY
        with pytest.raises(TypeError):
            view[0] = 0
    assert bytes(view) == bytes(len(CANARY))
    uses: list[Callable[[], object]] = [
        seed.reveal, lambda: seed.fingerprint, lambda: code_at(seed, 1), lambda: seed == Seed(CANARY)
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(InternalError, match="wiped"):
            use()


def test_a_fingerprint_is_read_aloud_and_differs_between_seeds() -> None:
    # printf 'rootwarden seed12345678901234567890' | sha256sum
    assert Seed(TWENTY).fingerprint == "7979 0536 54f4 cdbb"
    assert Seed(TWENTY).fingerprint != Seed(TWENTY + b"1").fingerprint
