"""Three months of a sample mutual, played through the public interface by its staff, its members, the state and the payer.

Nobody here is real: identity numbers begin with 999, which no register issues, and telephones are of exchange 555. The
shape of the group follows what is published of a Dominican mutual of informal workers: trades, declared wages around
15,770 pesos and up to three times that, 2.3 dependants a holder, incomes that come and go.
"""
