"""What would an editor like to know? Rule files while they are written, over the Language Server Protocol.

Takes: documents an editor has open. Gives: diagnostics, completion, hover, formatting and edits for them.
What there is to say is decided in `rules`; this room only speaks the protocol (3.17). It needs the extra `lsp`.
Never: opens a file, asks a network, or writes anything but protocol messages to standard output.
docs/editor.md shows how to set up editors.
"""
