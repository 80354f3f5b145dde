"""The platform at the terminal."""
