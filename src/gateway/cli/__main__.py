"""``python -m gateway.cli``."""

from gateway.cli.root import main

main()
