"""botocore's service models, loaded when a service is first called."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from botocore.loaders import Loader
from botocore.model import ServiceModel

if TYPE_CHECKING:
    from botocore.model import OperationModel

_LOADER = Loader()


@cache
def service_model(service: str) -> ServiceModel:
    """The model of a service by botocore's name for it."""
    return ServiceModel(_LOADER.load_service_model(service, "service-2"), service)


@cache
def operation_model(service: str, operation: str) -> OperationModel | None:
    """The model of one operation, or `None` when this botocore does not know it."""
    model = service_model(service)
    return model.operation_model(operation) if operation in model.operation_names else None


@cache
def rest_operations(service: str) -> dict[tuple[str, str], str]:
    """For a REST service: method and path without query string → operation, the first by name where two share it."""
    model = service_model(service)
    found: dict[tuple[str, str], str] = {}
    for name in sorted(model.operation_names):
        http = model.operation_model(name).http
        found.setdefault((str(http["method"]), str(http["requestUri"]).partition("?")[0]), name)
    return found
