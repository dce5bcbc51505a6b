"""Channels from the settings: one place that knows every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.alert import settings as kinds

if TYPE_CHECKING:
    from rootwarden.alert.parcel import Channel
    from rootwarden.alert.settings import ChannelSettings, Settings


def channels_of(settings: Settings) -> dict[str, Channel]:
    """Every channel by name, with its secrets read.

    Raises:
        UsageError: When a secret is missing, or an Apprise URL is none.
    """
    return {each.name: _channel(each) for each in settings.channel}


def _channel(each: ChannelSettings) -> Channel:  # noqa: PLR0911 - one line a kind
    """Imports come last: Apprise and botocore are slow to load, and most settings need one of them."""
    purpose = f"secret of channel `{each.name}`"
    match each:
        case kinds.AppriseChannel():
            from rootwarden.alert.channels.apprise_url import AppriseUrl

            return AppriseUrl(each, url=each.url.read(purpose))
        case kinds.PagerDutyChannel():
            from rootwarden.alert.channels.pagerduty import PagerDuty

            token = each.api_token.read(purpose) if each.api_token is not None else None
            return PagerDuty(each, routing_key=each.routing_key.read(purpose), api_token=token)
        case kinds.OpsgenieChannel():
            from rootwarden.alert.channels.opsgenie import Opsgenie

            return Opsgenie(each, api_key=each.api_key.read(purpose))
        case kinds.WebhookChannel():
            from rootwarden.alert.channels.webhook import Webhook

            bearer = each.bearer.read(purpose) if each.bearer is not None else None
            signing_key = each.signing_key.read(purpose) if each.signing_key is not None else None
            return Webhook(each, bearer=bearer, signing_key=signing_key)
        case kinds.SnsChannel():
            from rootwarden.alert.channels.aws import Sns

            return Sns(each)
        case kinds.SecurityHubChannel():
            from rootwarden.alert.channels.aws import SecurityHub

            return SecurityHub(each)
        case kinds.SiemChannel():
            from rootwarden.alert.channels.siem import SiemFiles, SiemHttp

            if each.address is None:
                return SiemFiles(each.name, each.folder)
            return SiemHttp(
                each.name, each.address, bearer=each.bearer.read(purpose) if each.bearer is not None else None
            )
