"""How a state is spoken to: the layout of its files and the interface that carries them.

One sub-package per state holds what is that state's own (``do_tss``); ``rest`` carries any state's files over the
contract in ``openapi/authority.yaml``. The slices above know the protocol alone (``protocol``) and get an
implementation from ``connect``. Nothing here knows a table, and nothing here decides what to file.
"""
