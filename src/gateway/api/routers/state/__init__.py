"""The state's side over HTTP: its systems' tokens, what they push, what they may look at. Described in its own document."""
