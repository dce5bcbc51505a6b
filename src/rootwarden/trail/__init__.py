"""What happened? CloudTrail, read at the speed it can be inflated at.

Takes files, folders, `s3://` prefixes or a stream; gives the events an `Interest` wants, each once, and counts of what
was read, what was odd and what could not be read.
It never takes files as ordered or complete, never decodes what a byte filter has ruled out, and never rules out more
than it can prove.
"""
