"""Measured speed: each figure beside a limit that plain SQL reaches on the same machine in the same run."""
