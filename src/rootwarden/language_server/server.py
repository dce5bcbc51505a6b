"""The protocol: which message gets which answer. A fault in one answer is an error for that message and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.json_rpc import JsonRPCNotification

from rootwarden import __version__
from rootwarden.language_server.document import FIX_ALL, Document
from rootwarden.rules.positions import Units

if TYPE_CHECKING:
    from typing import BinaryIO

# After these an editor asks for completion without being told to.
_TRIGGERS: Final = [".", '"', "[", "(", " "]


class _Protocol(LanguageServerProtocol):
    """The protocol of pygls, and an answer to requests that are not formed as they should be."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" not in data or not isinstance(data.get("id"), int | str):
                raise
            self._send_response(data["id"], error=error.to_response_error())
            return JsonRPCNotification(method="$/answered", jsonrpc=self.VERSION, params={})


class RuleServer(LanguageServer):
    """A server for rule files.

    Attributes:
        told_to_stop: Whether the editor asked for the end before it left; otherwise it broke off.
    """

    told_to_stop = False

    def document(self, uri: str) -> Document | None:
        """A document the editor has open; nothing is read from a disk for one that is not."""
        found = self.workspace.text_documents.get(uri)
        if found is None:
            return None
        return Document(uri, found.source, Units(self.workspace.position_encoding or Units.UTF16))

    def publish(self, uri: str) -> None:
        """Tell the editor what there is to say about a document now; nothing about one it has closed."""
        document = self.document(uri)
        version = self.workspace.text_documents[uri].version if document else None
        found = document.diagnostics() if document else []
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version=version))


def make_server() -> RuleServer:
    """A server with every answer in place, not started."""
    server = RuleServer("rootwarden", __version__, protocol_cls=_Protocol)
    _follow(server)
    _answer(server)
    return server


def serve(reads: BinaryIO | None = None, writes: BinaryIO | None = None) -> int:
    """Serve one editor until it leaves.

    Args:
        reads: Where messages come from; standard input by default.
        writes: Where answers go; standard output by default.

    Returns:
        The exit code the protocol asks for: 0 after a shutdown request, otherwise 1.
    """
    server = make_server()
    server.start_io(reads, writes)
    return 0 if server.told_to_stop else 1


def _follow(server: RuleServer) -> None:
    """Messages that tell what happens in the editor."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.publish(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.publish(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.publish(params.text_document.uri)

    @server.feature(types.SHUTDOWN)
    def stopped(_: None) -> None:
        server.told_to_stop = True


def _answer(server: RuleServer) -> None:
    """Messages that ask."""

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=_TRIGGERS))
    def completion(params: types.CompletionParams) -> types.CompletionList:
        document = server.document(params.text_document.uri)
        items = document.completion(params.position) if document else []
        return types.CompletionList(is_incomplete=False, items=items)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        document = server.document(params.text_document.uri)
        return document.hover(params.position) if document else None

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        document = server.document(params.text_document.uri)
        return document.formatting() if document else None

    kinds = [types.CodeActionKind.QuickFix, FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        document = server.document(params.text_document.uri)
        only = [str(getattr(one, "value", one)) for one in params.context.only] if params.context.only else None
        return list(document.actions(params.range, only)) if document else []

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        document = server.document(params.text_document.uri)
        return document.symbols() if document else []
