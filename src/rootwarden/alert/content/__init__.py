"""What an alert says, from typed findings alone, for a pager, a chat, a mail, and other systems.

Takes: a finding and what is known around it. Gives: a short line, plain text, Markdown, OCSF, ASFF.
Never: a link that acknowledges, a secret, or a name that a reader's program would obey.
"""
