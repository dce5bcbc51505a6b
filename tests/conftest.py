"""What holds for every test."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from tests.scheduling import PLAN, ByFile

from rootwarden.aws import pace

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from xdist.remote import Producer

_SHORTER = 20

# How long one example takes tells how busy the machine is; what hangs meets the timeout of its test.
# `make properties` asks for many examples; tests that name a number keep to it.
settings.register_profile("some", deadline=None, max_examples=40)
settings.register_profile("many", deadline=None, max_examples=1_000)
settings.load_profile("some")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile | None:
    """With several processes, files stay together; another `--dist` than the default is left to xdist."""
    return ByFile(config, log, PLAN) if config.getoption("dist") == "load" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end, more than a million objects: no search for garbage goes through them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _pauses_are_short() -> Iterator[None]:
    """Throttled calls wait as they do, a twentieth as long: the simulator counts calls, no time passes for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pace, "FIRST_GAP", pace.FIRST_GAP / _SHORTER)
        patch.setattr(pace, "LARGEST_GAP", pace.LARGEST_GAP / _SHORTER)
        patch.setattr(pace, "LONGEST_PAUSE", pace.LONGEST_PAUSE / _SHORTER)
        yield
