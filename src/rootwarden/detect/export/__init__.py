"""How does another tool say that?

Takes a detection; gives it as a Sigma rule, EventBridge patterns or metric filter patterns, and says what is lost.
It reads no file, asks nobody, and exports nothing whose loss it cannot name.
"""
