"""The languages a detection can be said in, each with its writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.detect.export.event_bridge import event_patterns
from rootwarden.detect.export.loss import Language
from rootwarden.detect.export.metric_filter import filter_patterns
from rootwarden.detect.export.sigma import sigma_rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.detect.export.loss import Exported
    from rootwarden.detect.visits.detection import Detection

_WRITERS: Final[dict[Language, Callable[[Detection], Exported]]] = {
    Language.SIGMA: sigma_rule,
    Language.EVENT_BRIDGE: event_patterns,
    Language.METRIC_FILTER: filter_patterns,
}


def exported(detection: Detection, language: Language) -> Exported:
    """Say a detection in another language.

    Raises:
        UsageError: A setting is not declared, or the language has no words for a part of it.
    """
    return _WRITERS[language](detection)
