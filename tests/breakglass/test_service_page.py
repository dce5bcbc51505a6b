"""The page about the service: its settings file is read, and it has every key there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from tests.docs.pages import DOCS, blocks, text

from rootwarden.breakglass.service import settings as kinds
from rootwarden.breakglass.service.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

PAGE = DOCS / "break-glass-service.md"
PARTS: tuple[type[msgspec.Struct], ...] = (kinds.Settings, kinds.Web, kinds.Notices, kinds.OpenIdConnect, kinds.Leavers)


def test_the_settings_file_on_the_page_is_read_and_sets_everything(tmp_path: Path) -> None:
    (block,) = blocks(PAGE, "toml")
    (tmp_path / "breakglass.toml").write_text(block.text, encoding="utf-8")
    read = read_settings(tmp_path / "breakglass.toml")
    parts: list[Any] = [read, read.web, read.notices, read.openid_connect, read.leavers]
    for part in parts:
        for field in msgspec.structs.fields(type(part)):
            assert getattr(part, field.name) not in (None, "", (), {}), f"`{field.name}` is not set on the page"


def test_every_key_is_told() -> None:
    told = text(PAGE)
    for part in PARTS:
        for field in msgspec.structs.fields(part):
            assert f"`{field.name}`" in told, field.name
