"""Makes `packs/event-names/operations.json`: which actions the operations of botocore need, by our own mapping.

`python -m tests.iam.usage.operations` writes it; a test compares a part of it with the models that are installed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import botocore
import botocore.session
import msgspec

from rootwarden.iam.usage.mapping import EventMap, EventRules
from rootwarden.iam.usage.names import Operations
from rootwarden.iam.usage.tally import Call, Outcome
from rootwarden.packs.actions import action_catalogue
from rootwarden.packs.event_names import event_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FILE: Final = Path(__file__).parents[3] / "src/rootwarden/packs/event-names/operations.json"


def event_map() -> EventMap:
    return EventMap(EventRules(event_names()), action_catalogue())


def operations(services: Iterable[str] = ()) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Service, the event sources it may have, and operation."""
    session = botocore.session.get_session()
    for service in services or session.get_available_services():
        model = session.get_service_model(service)
        sources = {model.metadata["endpointPrefix"].lower(), str(model.metadata.get("signingName") or "").lower()}
        for name in model.operation_names:
            yield service, tuple(sorted(sources - {""})), name


def needed(mapping: EventMap, sources: Iterable[str], name: str) -> set[str]:
    found = [mapping.of(Call(source, name, Outcome.DONE)) for source in sources]
    return {one.action for each in found for one in each.needed} | {one for each in found for one in each.maybe}


def made() -> Operations:
    mapping, catalogue = event_map(), action_catalogue()
    actions: dict[str, set[str]] = {}
    count = mapped = 0
    for _, sources, name in operations():
        found = {one for one in needed(mapping, sources, name) if catalogue.exists(one)}
        count += 1
        mapped += bool(found)
        for one in found:
            service, _, action = one.partition(":")
            actions.setdefault(service, set()).add(action)
    return Operations(
        made=datetime.now(tz=UTC).date().isoformat(),
        clients=botocore.__version__,
        catalogue=catalogue.edition.version,
        operations=count,
        mapped=mapped,
        actions={service: tuple(sorted(found)) for service, found in sorted(actions.items())},
    )


def main() -> None:
    found = made()
    body = msgspec.json.encode(found)
    FILE.write_bytes(body.replace(b'],"', b'],\n"') + b"\n")
    print(f"{found.mapped} of {found.operations} operations, {sum(map(len, found.actions.values()))} actions")  # noqa: T201 - what the script is for


if __name__ == "__main__":
    main()
