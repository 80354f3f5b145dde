"""Starts the platform on one machine, and stops it; everything that it writes lies below `var/`."""
