"""Where alerts go, by severity: the part of the settings that planning needs."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from rootwarden.alert.delivery.backoff import USUAL, Patience


class Routes(msgspec.Struct, frozen=True, kw_only=True):
    """Names of channels.

    Attributes:
        stages: For a page: the channels of the first stage, of the next if nobody acknowledges, and so on.
        notify: Where what only has to be told goes, gathered.
        streams: Where everything goes, whatever its severity: another system's archive, not people.
        gather: How long findings are gathered for `notify`.
        acknowledge_within: How long a stage has before the next one is told too.
        hand_over_within: How long a stage may go without any channel taking the message.
        patience: How long a channel is given.
    """

    stages: tuple[tuple[str, ...], ...] = ()
    notify: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    gather: timedelta = timedelta(minutes=30)
    acknowledge_within: timedelta = timedelta(minutes=10)
    hand_over_within: timedelta = timedelta(minutes=2)
    patience: Patience = USUAL
