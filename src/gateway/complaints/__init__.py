"""What members say is not right: one case per row that she sees, with what she saw kept as it was, until it is resolved.

It owns cases, their evidence and what was said in them. Evidence and words are inserted and never changed; at most one
case of a row is open; a case leaves the list by an answer to her alone, or by her own word.
"""
