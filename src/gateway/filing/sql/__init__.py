"""Statements of filing: named, described, with bound parameters only. Each module belongs to the use case of its name."""
