"""Where guardrails hold in the tree of an organization, as one HTML page with a drawing of each.

Takes proofs before and after what is planned, gives the page. Units are drawn with the sums of what is below them, so
that a tree of any size stays legible; the table beside a drawing has every unit. Nothing is decided here.
"""
