"""The state's side of the gateway: whose systems may ask and tell us things, and what they may see.

Owned here: the clients of a state with their keys, tokens and what they used up, the changes of cover they told us of,
and the registry searches they wait for. A token is of one client and one mutual; whoever looks at a person says why and
leaves a row in the audit log. What is pushed is kept in the inbox first and proves nothing: the slices that read it ask
the state for the truth, as they do for every other callback.
"""
