"""A person's own program at the other end of the API: it asks, checks what it is to sign, signs, and keeps heads.

Takes: the address of a service, a key, a folder for heads. Gives: what the API says, only after it was checked.
Never: signs what was not wished for, believes a log that is not the one it saw, or writes down a session or a secret.
"""
