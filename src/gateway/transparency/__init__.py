"""What people outside can check: one append-only log a mutual, signed, and proofs that show a member hers and nobody else's.

Every seal of the books, every sealed filing and every answer of the state gets a tree of blinded leaves; the tree's root is an
entry of the log. A leaf's text holds 32 random bytes, so a neighbour's hash says nothing. It owns the trees, their leaves,
the log's nodes, its keys and its signed heads; all of them are insert only.
"""
