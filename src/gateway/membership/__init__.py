"""Members, their families, funds and payrolls, with history that never changes under an old filing.

Owns who is enrolled where and when, declared wages with the day they count from, and the rule that makes each
dependant eligible.
"""
