"""Where the house's money is, every evening: deposits and settlements on their way, and the day closed by a person.

A day is closed with what every place holds and what is owed to whom, kept as it was seen; it is refused while a difference is
not explained. A provider's settlement report is taken payment by payment: what we never heard of is received, the
provider's fee is an expense, and the net is one credit at the bank.
"""
