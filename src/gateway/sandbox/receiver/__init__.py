"""Somebody who subscribed to webhooks: checks what comes with the published library and counts each event once.

It misbehaves on request, as the other worlds do.
"""
