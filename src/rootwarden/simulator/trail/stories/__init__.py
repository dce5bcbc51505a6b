"""Every story of root that a month holds, by name.

In: a stage (an account and some days). Out: records, told to its ledger with what is true of them.
A story says what happened and never how detection would find out; it knows no other story.
"""

from rootwarden.simulator.trail.stories.every import MANAGES, STORIES, Story

__all__ = ["MANAGES", "STORIES", "Story"]
