"""Measurements against peers, one file each: `python -m benchmarks NAME`."""
