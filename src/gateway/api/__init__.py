"""JSON over HTTP under ``/v1``: each endpoint names who may, calls one use case and shapes the answer.

The transaction is committed before the answer is sent. Every refusal is a problem document (RFC 9457).
"""
