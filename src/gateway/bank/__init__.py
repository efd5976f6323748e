"""What banks and payers speak: statements (camt), payment orders (pain.001), mobile money (GSMA).

Nothing here knows a table or decides whom to pay. ISO 20022's words (debtor, creditor, end-to-end id) live here.
"""
