"""What is wrong with a policy document, before anybody attaches it?

Takes a document, as text or decoded, and the kind of policy it is to be; gives findings with a code, the place, what is
wrong and the next step. It compares with the action catalogue, the condition keys and the limits it is handed, never
with an account: whether a user or a bucket exists is not asked. Any input gives findings, none an exception.
"""
