"""Events, the outbox and its channels."""
