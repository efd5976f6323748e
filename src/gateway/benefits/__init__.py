"""Health benefits that the state pays back, allotted to the members they belong to; the rest waits in suspense.

A remittance is an advice (its lines) and the money that belongs to it. Neither is enough alone: it is allotted when
both are here and agree. Always: remittance = sum of allotments + what is in suspense.
"""
