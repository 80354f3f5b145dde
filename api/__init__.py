"""The REST interface: HTTP on one side, the use cases of `include.operations` on the other. It decides nothing."""
