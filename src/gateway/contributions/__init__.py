"""What a month costs each member, what was received from whom, and where it was placed.

An assessment is not a debt: a member owes nothing by law. What she paid and nothing has used yet is the mutual's
liability towards her, with a floor of zero.
"""
