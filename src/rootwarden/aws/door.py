"""One botocore session, one client per service and region, every call through the same place.

Throttled calls are retried at the account's own pace; nothing else is, except that a kept-alive connection the server
had already closed is opened again once (the request never reached AWS).
"""

from __future__ import annotations

import io
import os
import re
import threading
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import botocore
import botocore.session
import msgspec
from botocore import exceptions as botocore_errors
from botocore import xform_name
from botocore.config import Config
from botocore.loaders import create_loader
from botocore.paginate import Paginator
from botocore.parsers import ResponseParserError

from rootwarden import __version__
from rootwarden.aws.calls import CallFailed
from rootwarden.aws.deadline import TimeUp
from rootwarden.aws.document import document_of, instant_text
from rootwarden.aws.identity import SharedCredentials, signing_as
from rootwarden.aws.pace import MOST_ATTEMPTS, Pace
from rootwarden.errors import AccessError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.client import BaseClient
    from botocore.credentials import Credentials
    from botocore.loaders import Loader

    from rootwarden.aws.calls import Call, JsonObject
    from rootwarden.aws.deadline import Deadline
    from rootwarden.aws.identity import Identity

# AWS's own limits; `organizations` has the smallest pages, IAM the largest (API references).
_PAGE_SIZES = {
    "iam": 1000,
    "organizations": 20,
    "cloudwatch": 100,
    "events": 100,
    "logs": 50,
    "ec2": 1000,
    "rds": 100,
    "s3": 1000,
}
_REGION = re.compile(
    r"(us|eu|ap|sa|ca|me|af|il|mx|cn|us-gov|us-iso|us-isob|eusc|eu-isoe|us-isof)-[a-z]+(-[a-z]+)?-\d{1,2}"
)
MOST_PAGES = 2000
_FIRST_ERROR_STATUS = 300
_CLOSED = "ConnectionClosed"


class Door:
    """Shared access to AWS for any number of accounts and threads.

    Args:
        profile: Named profile of the AWS configuration, or empty.
        region: Region for regional endpoints (STS), or empty for that of AWS_REGION, else the configured one.
        connections: How many threads will use it.
        read_timeout: Seconds one call may take to answer.
        endpoint: Send everything there, past the proxies and endpoints the environment names; a simulator beside AWS.
        own: Credentials to sign with instead of the configured ones, which are then not looked for.
        transport: Sends each signed request, in place of botocore, and gives its answer.

    Raises:
        AccessError: When there are no credentials.
        UsageError: When the profile or the region does not exist.
    """

    def __init__(
        self,
        *,
        profile: str = "",
        region: str = "",
        connections: int = 10,
        read_timeout: float = 20,
        endpoint: str = "",
        own: Credentials | None = None,
        transport: Callable[[AWSPreparedRequest], AWSResponse] | None = None,
    ) -> None:
        self._transport = transport
        self._session = botocore.session.Session(profile=profile or None)
        self._endpoint = endpoint
        try:
            own = own or botocore.session.Session(profile=profile or None).get_credentials()
            self.region = region or _environment_region() or self._session.get_config_variable("region") or "us-east-1"
        except botocore_errors.ProfileNotFound as error:
            raise UsageError(
                f"there is no AWS profile `{profile}`", hint="`aws configure list-profiles` names them"
            ) from error
        except botocore_errors.BotoCoreError as error:
            raise AccessError(f"the AWS credentials cannot be loaded: {error}", hint="sign in again") from error
        if own is None:
            raise AccessError("there are no AWS credentials", hint="give --profile, or sign in with `aws sso login`")
        if not _REGION.fullmatch(self.region):
            raise UsageError(
                f"`{self.region}` is not an AWS region", hint="give --region, for example --region us-east-1"
            )
        models = self._session.get_config_variable("data_path")
        self._session.register_component("data_loader", _models(models))
        # Instants stay the text they are on the wire: botocore would parse each, for us to print it again.
        parsers = self._session.get_component("response_parser_factory")
        parsers.set_parser_defaults(timestamp_parser=instant_text)
        self._session.register_component("credential_provider", _Provider(SharedCredentials(own)))
        self._config = Config(
            retries={"total_max_attempts": 1, "mode": "legacy"},
            connect_timeout=min(10, read_timeout),
            read_timeout=read_timeout,
            max_pool_connections=connections + 4,
            parameter_validation=False,
            # Set whole, not as an extra: botocore builds its own anew for every request, an eighth of a call's cost.
            user_agent=f"rootwarden/{__version__} botocore/{botocore.__version__}",
            proxies={} if endpoint else None,
        )
        self._clients: dict[tuple[str, str], BaseClient] = {}
        self._lock = threading.Lock()
        self._throttled = 0
        self._paces: defaultdict[str, Pace] = defaultdict(Pace)

    def ask(self, call: Call, *, identity: Identity | None, deadline: Deadline, charged: str = "") -> JsonObject:
        """Make one call, all its pages included.

        Args:
            call: What to ask. Its region must be set.
            identity: Whose credentials to sign with; `None` for the caller's own.
            deadline: When to give up.
            charged: The account whose quota AWS counts the call on.

        Returns:
            The answer as the AWS CLI prints it.

        Raises:
            CallFailed: When there is no answer.
        """
        client = self._client(call.service, call.region)
        pace = self._paces[charged]
        send = partial(self._send, client, xform_name(call.operation), pace, deadline, call.changes)
        with signing_as(identity):
            if not client.can_paginate(xform_name(call.operation)):
                return document_of(send(**call.parameters))
            return self._all_pages(client, call, send)

    def total(
        self,
        call: Call,
        count: Callable[[JsonObject], int],
        *,
        identity: Identity | None,
        deadline: Deadline,
        charged: str = "",
    ) -> int:
        """Make one call, and add up what is counted on each of its pages; no more than one page is kept.

        Raises:
            CallFailed: When there is no answer, or not to every page.
        """
        client = self._client(call.service, call.region)
        send = partial(self._send, client, xform_name(call.operation), self._paces[charged], deadline, call.changes)
        with signing_as(identity):
            if not client.can_paginate(xform_name(call.operation)):
                return count(document_of(send(**call.parameters)))
            return sum(count(page) for page in self._pages(client, call, send))

    def send(
        self, service: str, operation: str, *, deadline: Deadline, parameters: Mapping[str, object]
    ) -> dict[str, Any]:
        """Make one call with the caller's own credentials whose answer is a stream of bytes, or that sends one.

        Args:
            service: botocore's name of the service.
            operation: The operation as the API spells it.
            deadline: When to give up.
            parameters: Request parameters; a file as `Body` is sent from its beginning, each time it is sent.

        Returns:
            botocore's answer.

        Raises:
            CallFailed: When there is no answer.
        """
        client = self._client(service, self.region)
        with signing_as(None):
            return self._send(client, xform_name(operation), self._paces[service], deadline, False, **parameters)

    def asks_aws(self, service: str) -> bool:
        """Whether calls to a service go to AWS itself, and to no endpoint named in the environment."""
        return _is_aws(self._client(service, self.region).meta.endpoint_url)

    def throttled(self) -> int:
        """How often any call was throttled so far."""
        return self._throttled

    def _all_pages(self, client: BaseClient, call: Call, send: partial[dict[str, Any]]) -> JsonObject:
        """Every page in one answer."""
        whole: JsonObject = {}
        for page in self._pages(client, call, send):
            _merge(whole, page)
        for token in ("Marker", "IsTruncated", "NextToken", "nextToken", "NextPageToken"):
            whole.pop(token, None)
        return whole

    def _pages(self, client: BaseClient, call: Call, send: partial[dict[str, Any]]) -> Iterator[JsonObject]:
        """Read every page with our own sending, so that a throttled page is asked again and not the whole list."""
        config = self._session.get_paginator_model(call.service).get_paginator(call.operation)
        make: Any = Paginator
        paginator = make(send, config, client.meta.service_model.operation_model(call.operation))
        size = _PAGE_SIZES.get(call.service)
        settings = {"PageSize": size} if size and "limit_key" in config else {}
        for number, page in enumerate(paginator.paginate(**call.parameters, PaginationConfig=settings)):
            if number >= MOST_PAGES:
                raise CallFailed("TooManyPages", f"more than {MOST_PAGES} pages")
            yield document_of(page)

    def _send(
        self, client: BaseClient, operation: str, pace: Pace, deadline: Deadline, once: bool, **parameters: object
    ) -> dict[str, Any]:
        """One request, asked again while it is throttled and there is time; a connection that closed is opened anew.

        Args:
            client: Of the service.
            operation: As botocore spells it.
            pace: Of the account it is charged to.
            deadline: When to give up.
            once: It may have been done although its connection closed, and is not to be done twice.
            parameters: Of the request.

        Raises:
            CallFailed: When there is no answer.
        """
        reopened = False
        throttled: list[CallFailed] = []
        while True:
            try:
                deadline.check()
                pace.wait(deadline)
            except TimeUp as error:
                # It was asked when it was throttled before: that, and not the clock, is what stood in the way.
                unasked = CallFailed("NotAsked", "the account's time limit was used up")
                raise (throttled[-1] if throttled else unasked) from error
            try:
                answer = _once(client, operation, parameters)
            except CallFailed as failed:
                if failed.code == _CLOSED and not (reopened or once):
                    reopened = True
                    continue
                if not failed.throttled:
                    pace.answered()  # a refusal is an answer too, and no reason to stay slow
                    raise
                throttled.append(failed)
                self._throttled += 1  # for people: two threads at once may lose one
                if len(throttled) >= MOST_ATTEMPTS:
                    raise
                try:
                    pace.slow_down(len(throttled), deadline)
                except TimeUp:
                    raise failed from None
            else:
                pace.answered()
                return answer

    def _client(self, service: str, region: str) -> BaseClient:
        with self._lock:
            client = self._clients.get((service, region))
            if client is None:
                client = self._session.create_client(
                    service, region_name=region, endpoint_url=self._endpoint or None, config=self._config
                )
                client.meta.events.register("before-parse", _refuse_half_answers)
                if self._transport is not None:
                    client.meta.events.register("before-send", _sent_by(self._transport))
                if service == "signin":
                    _keep_override(client)
                self._clients[service, region] = client
            return client


@cache
def _models(path: str | None) -> Loader:
    """What reads botocore's descriptions of services, each once in a process: some take a tenth of a second."""
    return create_loader(path)


def _environment_region() -> str:
    """AWS_REGION, which the AWS CLI reads and botocore by itself does not."""
    return os.environ.get("AWS_REGION", "")


def _keep_override(client: BaseClient) -> None:
    """Send Sign-In calls where AWS_ENDPOINT_URL says: botocore's rules for that service drop an override (1.44.5)."""
    override = client.meta.endpoint_url
    if _is_aws(override):
        return

    def keep(params: dict[str, Any], **_rest: object) -> None:
        params["url"] = override + params["url_path"]

    client.meta.events.register("before-call.signin", keep)


def _sent_by(transport: Callable[[AWSPreparedRequest], AWSResponse]) -> Callable[..., Any]:
    """A handler of botocore's `before-send`, whose answer is taken for that of AWS."""

    def send(request: AWSPreparedRequest, **_rest: object) -> AWSResponse:
        return transport(request)

    return send


def _is_aws(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu"))


def _refuse_half_answers(response_dict: dict[str, Any], **_rest: object) -> None:
    """Refuse an answer that was cut: botocore reads half a JSON document as an empty answer, and so as "there is none".

    Raises:
        CallFailed: The body is shorter than announced, or is not whole JSON.
    """
    body, headers = response_dict.get("body"), response_dict.get("headers") or {}
    if not isinstance(body, bytes) or response_dict.get("status_code", 0) >= _FIRST_ERROR_STATUS:
        return
    announced = headers.get("content-length")
    if announced is not None and announced.isdigit() and int(announced) != len(body):
        raise CallFailed("MalformedAnswer", "the answer was cut")
    if body and "json" in str(headers.get("content-type", "")):
        try:
            msgspec.json.decode(body, type=msgspec.Raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CallFailed("MalformedAnswer", "the answer is not whole JSON") from error


class _Provider:
    """Gives every client of the session the shared credentials."""

    def __init__(self, credentials: SharedCredentials) -> None:
        self._credentials = credentials

    def load_credentials(self) -> SharedCredentials:
        """Asked by botocore once for each client."""
        return self._credentials


def _merge(whole: JsonObject, page: JsonObject) -> None:
    for name, value in page.items():
        kept = whole.get(name)
        if isinstance(kept, list) and isinstance(value, list):
            kept.extend(value)
        else:
            whole[name] = value


def _once(client: BaseClient, operation: str, parameters: dict[str, object]) -> dict[str, Any]:
    """Make one request; whatever botocore raises becomes a `CallFailed` with a code."""
    body = parameters.get("Body")
    if isinstance(body, io.IOBase):
        body.seek(0)  # an attempt before this one has read it
    try:
        answer: dict[str, Any] = getattr(client, operation)(**parameters)
    except botocore_errors.ClientError as error:
        told = error.response.get("Error", {})
        raise CallFailed(str(told.get("Code") or "Unknown"), str(told.get("Message") or "")) from error
    except ResponseParserError as error:
        raise CallFailed("MalformedAnswer", "the answer cannot be parsed") from error
    except botocore_errors.BotoCoreError as error:
        raise _failed(error) from error
    return answer


def _failed(error: botocore_errors.BotoCoreError) -> CallFailed:
    if isinstance(error, botocore_errors.ConnectionClosedError):
        return CallFailed(_CLOSED, "the connection was closed")
    if isinstance(error, botocore_errors.ReadTimeoutError | botocore_errors.ConnectTimeoutError):
        return CallFailed("Timeout", "no answer in time")
    if isinstance(error, botocore_errors.NoCredentialsError | botocore_errors.CredentialRetrievalError):
        return CallFailed("NoCredentials", "the credentials cannot be loaded any more")
    if isinstance(error, botocore_errors.HTTPClientError | botocore_errors.ConnectionError):
        return CallFailed("ConnectionError", "AWS could not be reached")
    return CallFailed("MalformedAnswer", type(error).__name__)


def now() -> datetime:
    """The wall clock, to the second, for the instants answers are stamped with."""
    return datetime.now(tz=UTC).replace(microsecond=0)
