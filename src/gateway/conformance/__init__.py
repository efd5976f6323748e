"""Whether a state's implementation of ``openapi/authority.yaml`` keeps the contract, case by case.

For the state's own engineers: it speaks plain HTTP to their test system, files people who do not exist, and says of each
case what the contract asks, what was asked and answered, and what to do. It stands apart: nothing imports it but the
command, it needs no database, and of the gateway it uses how a country's files are written and what a month costs, not
the adapter that speaks to a state.
"""
