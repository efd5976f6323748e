"""Webhooks: what happened here, told to a state or a partner that asked for it (Standard Webhooks 1.0).

The log of steps is the outbox: a use case writes its step in its own transaction, and a worker makes an event of each
step that somebody subscribed to. An event's body never changes and its ``webhook-id`` is the same on every attempt, so
whoever receives one twice can tell. Bodies are thin: which thing, by its number, and what state it is in now; the
receiver asks for the rest with its own token. Order is not promised.
"""
