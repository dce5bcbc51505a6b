"""Real botocore clients pointed at a simulator: for tests, and as an example of how any SDK is pointed there."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.simulator.server import Simulator


@cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()


def client(
    simulator: Simulator,
    service: str,
    *,
    account: str = "",
    credentials: Mapping[str, Any] | None = None,
    region: str = "us-east-1",
    timeout: float = 20.0,
) -> Any:
    """A botocore client without retries.

    Args:
        simulator: Where to.
        service: botocore's name of the service.
        account: Whose long-term key signs; the management account's unless given.
        credentials: `Credentials` of an STS answer, to sign with these instead.
        region: What the credential scope says.
        timeout: Seconds for connecting and for reading, each.
    """
    key = simulator.world.credentials_of(account or simulator.world.management_id)
    temporary = credentials or {}
    config = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=timeout,
        read_timeout=timeout,
        max_pool_connections=50,
        s3={"addressing_style": "path"},
    )
    make: Any = _session().create_client
    made = make(
        service,
        region_name=region,
        endpoint_url=simulator.endpoint,
        aws_access_key_id=temporary.get("AccessKeyId", key.access_key_id),
        aws_secret_access_key=temporary.get("SecretAccessKey", key.secret_access_key),
        aws_session_token=temporary.get("SessionToken"),
        config=config,
    )
    if service == "signin":
        redirect_sign_in(made, simulator.endpoint)
    return made


def redirect_sign_in(sign_in: Any, endpoint: str) -> None:
    """Make a Sign-In client keep to `endpoint`.

    botocore's endpoint rules send Sign-In's control plane to `signin.<region>.api.aws` whatever endpoint is configured
    (seen in botocore 1.44.5), so that without this a call meant for the simulator leaves the machine.
    """

    def keep(params: dict[str, Any], **_: Any) -> None:
        params["url"] = endpoint + params["url_path"]

    sign_in.meta.events.register("before-call.signin", keep)
