"""Is that acceptable? The rule language: parse, check against a schema, compile, evaluate.

Takes the text of a rule, a schema and the facts of a resource. Gives one of four verdicts, with the facts that decided
it or the facts it waits for. Same rule, same schema, same facts, same instant: same answer.
Never reads a file, a clock or a network, and never takes "unknown" for "fine". The meaning is written down in
docs/rule-language.md; the file format of rules in docs/rule-files.md.
"""
