"""The platform: one room per word of the domain."""
