"""The whole platform, started as `make demo` starts it."""
