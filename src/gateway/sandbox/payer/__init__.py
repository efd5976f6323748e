"""The other ends of the mutual's money: a mobile-money provider, a bank, and a port for short messages.

Mobile money follows the GSMA Mobile Money API 1.1; the bank takes pain.001 and gives camt.053. Both refuse what the
accounts do not hold, and count every effect.
"""
