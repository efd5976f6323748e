"""The outside worlds that the gateway is tested against: a state, a mobile-money payer, a bank.

Each runs as a process of its own, keeps its own store, counts its effects and misbehaves on request. Written from the
published formats and the contract alone: nothing here knows how the gateway does it, and of the gateway only
``kit.money`` may be imported. Nothing in the gateway imports this package.
"""
