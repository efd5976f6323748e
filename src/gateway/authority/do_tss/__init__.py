"""The Dominican treasury (TSS): its files, its codes, and what it would answer to a file.

One declared layout (``editions``) is used by the writer and by the reader. What is known of it, and how well, stands
in ``docs/states/dominican-republic.md``; whatever has one source or none is marked ``verified=False`` here.
Source: SRC-001.
"""
