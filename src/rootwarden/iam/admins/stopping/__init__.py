"""What would end the ways up of one principal?

Takes a landscape and a principal that is up; gives the smallest changes that leave it no way at all, each found by
looking for its ways again with the change made. Changes nothing, and says so when it finds none.
"""
