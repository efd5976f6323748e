"""What people outside need to see that the books' history was not rewritten: the signed heads of all seals, in one file.

Owns no table: the seals are the ledger's. What is given away holds no personal data and no amount.
"""
