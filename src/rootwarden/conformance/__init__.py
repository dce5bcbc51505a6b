"""Does real AWS answer as the simulator does?

Takes: an account's own credentials, and the calls the product relies on (`steps`).
Gives: for each call whether the two agree, by shape and kind of value; never a value.
Never: changes anything, asks another account, or keeps or tells a name, id, ARN, address or date (`shape` is where
they are dropped, and nothing past it has seen one).
"""
