"""One payroll and month, filed once with the state, answered line by line, billed and paid.

Bytes and our id are committed before anything leaves; an outcome nobody knows is asked about, never guessed.
"""
