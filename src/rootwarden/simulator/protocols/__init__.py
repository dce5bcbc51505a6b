"""How AWS puts answers on the wire, driven by botocore's own service model.

In: an HTTP request, or a handler's answer with member names as botocore spells them. Out: decoded parameters, or bytes.
A member the model does not have is our bug and raises. Never: what an answer says; that is `services`.
"""
