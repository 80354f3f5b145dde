"""Unit tests of `deploy`: real processes, sockets and files; no platform."""
