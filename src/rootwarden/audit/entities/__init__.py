"""Facts → what the rule language sees: records by entity, attribute names as in `packs/schema/`.

Takes: the facts of an account and of its organization. Gives: the list of each entity, each record read lazily.
Never: decides anything, or makes a list out of what could not be read.
A test compares the records with the schema, so neither can gain an attribute without the other.
"""
