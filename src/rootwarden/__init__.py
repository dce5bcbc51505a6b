"""Rootwarden: know the state of every AWS root user, notice every use of it, open it safely.

The rooms are named after the questions they answer; docs/architecture.md draws them.
"""

__version__ = "0.1.0"
