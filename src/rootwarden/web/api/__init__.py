"""The HTTP API: docs/break-glass-api.md.

Takes: JSON. Gives: JSON, or Problem Details (RFC 9457). Every endpoint stands in one list, from which the routes, the
OpenAPI document and the tests are made.
Never: does what a page cannot, or the other way round; both call the same functions.
"""
