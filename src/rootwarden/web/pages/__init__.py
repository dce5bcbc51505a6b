"""The pages: server-rendered, usable on a phone, by keyboard and with a screen reader; forms do all but the signing.

Takes: what browsers send. Gives: pages and redirects. A page prepares an entry, shows exactly what is signed, and hands
the signature to the broker, as the API does.
Never: loads anything from elsewhere, or shows a code to another session than the one that signed for it.
"""
