"""One module per area of the back office; each has an ``area`` with its pages and is found by ``app``."""
