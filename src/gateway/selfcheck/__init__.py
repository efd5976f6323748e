"""What a member sees of her own, and how she gets in: codes, tokens, helpers, and read models of hers alone.

It owns codes, sessions, refresh tokens, helpers and the counts that limit tries. A code and every token is kept as a digest
only. Asking for a code does the same work for every number: whether anybody has it is found out later, by the job that
sends the message. What it reads of other slices it reads for one member.
"""
