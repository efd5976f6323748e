"""A state's social security treasury, as the Dominican one publishes its formats and rules.

It serves ``openapi/authority.yaml``, reads the files itself, keeps its own registers, computes its own bill and counts
what it did. Nothing of the gateway's own rules or codec is used or was looked at.
"""
