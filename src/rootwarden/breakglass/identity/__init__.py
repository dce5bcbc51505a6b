"""Who is there? Passkeys, hardware-held keys and OpenID Connect at the door, sessions behind it, limits before it.

Takes: what browsers, command lines, providers and directories say. Gives: who it is and how that was shown, challenges
that are used once, people who have left.
Never: lets a session, a cookie or a provider approve, release or register anything: that takes a fresh signature.
"""
