"""Cash: tills, who answers for what is in them and when, collectors' rounds, and what goes to the bank.

A till is a ledger account of cash that somebody answers for. From a float to a count there is one session: one open
session for each till and each person. What must be in the drawer is what the books say, less what earlier sessions have
set aside for the bank; a difference is booked with a reason and a second person's word. A round is a session on the road.
"""
