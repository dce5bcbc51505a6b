"""A webhook: a POST of JSON with an idempotency key, signed as *Standard Webhooks* says when there is a key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.alert.channels.http import attempted, request
from rootwarden.alert.content.encoding import to_json

if TYPE_CHECKING:
    from rootwarden.alert.parcel import Parcel
    from rootwarden.alert.secret import Secret
    from rootwarden.alert.settings import WebhookChannel
    from rootwarden.alert.store.leasing import Attempted

SCHEMA: Final = "rootwarden.alert/1"


class Webhook:
    """A receiver of our own JSON.

    Args:
        settings: Its name and address.
        bearer: Sent as `Authorization: Bearer`, if there is one.
        signing_key: Signs id, time and body, if there is one.
    """

    def __init__(self, settings: WebhookChannel, *, bearer: Secret | None, signing_key: Secret | None) -> None:
        self.name = settings.name
        self._address = settings.address
        self._bearer = bearer
        self._signing_key = signing_key

    def send(self, parcel: Parcel) -> Attempted:
        """Post it; `Idempotency-Key` and `webhook-id` are the parcel's key, in every attempt."""
        message = parcel.message()
        body = to_json({"schema": SCHEMA, **msgspec.structs.asdict(message)})
        stamp = str(int(parcel.now.timestamp()))
        headers = {"Idempotency-Key": parcel.key, "webhook-id": parcel.key, "webhook-timestamp": stamp}
        if self._bearer is not None:
            headers["Authorization"] = f"Bearer {self._bearer.reveal()}"
        if self._signing_key is not None:
            signed = f"{parcel.key}.{stamp}.".encode() + body
            code = hmac.new(self._signing_key.reveal().encode(), signed, hashlib.sha256).digest()
            headers["webhook-signature"] = f"v1,{base64.b64encode(code).decode()}"
        secrets = tuple(each for each in (self._bearer, self._signing_key) if each is not None)
        return attempted(request(self._address, body=body, headers=headers), secrets=secrets, now=parcel.now)
