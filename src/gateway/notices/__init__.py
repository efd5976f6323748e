"""Messages to members: what is told, to whom, in her language, and how far it got.

One fact is told once: a notice is known by its member, its kind and a key of what it is about. Its words are written
down when the notice is, so that what somebody was told can be shown years later. Carrying it is another matter.
"""
