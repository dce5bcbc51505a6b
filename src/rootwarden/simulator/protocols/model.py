"""botocore's service models, loaded when a service is first called."""

from __future__ import annotations

import re
from functools import cache
from itertools import zip_longest
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


def rest_operation(service: str, method: str, path: str) -> tuple[str, dict[str, str]]:
    """The operation a method and a decoded path name, with what stands for labels in it; empty where none fits."""
    exact = rest_operations(service).get((method, path))
    if exact is not None:
        return exact, {}
    for (verb, template), name in rest_operations(service).items():
        match = _pattern(template).fullmatch(path) if verb == method and "{" in template else None
        if match is not None:
            return name, match.groupdict()
    return "", {}


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """A path with labels; one of a single segment holds no slash (Smithy, HTTP bindings)."""
    parts = re.split(r"\{(\w+)(\+?)\}", template)
    texts = [re.escape(part) for part in parts[::3]]
    labels = [
        f"(?P<{name}>{'.+' if greedy else '[^/]+'})" for name, greedy in zip(parts[1::3], parts[2::3], strict=True)
    ]
    return re.compile("".join(a + b for a, b in zip_longest(texts, labels, fillvalue="")))
