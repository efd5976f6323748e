"""Money owed to members, paid out in batches that one person prepares and another releases.

What leaves is frozen, with its digest and our id, before any byte of it leaves. Always: what was allotted to members
= what was paid out + what is on its way + what is still owed. Failed and returned money is owed again.
"""
