"""Who is as good as root?

Takes the principals and policies of one account or many, the organization's guardrails and the catalogue of escalation
paths; gives the class of every principal, the shortest way up with the statement that grants each step, and what stands
in the way of the others. What the facts do not settle (a resource that may exist, a condition) makes a way conditional.
"""
