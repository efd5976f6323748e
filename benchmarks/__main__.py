"""Measure the gateway: ``python3 run.py bench``."""

import sys

from benchmarks.run import main

sys.exit(main(sys.argv[1:]))
