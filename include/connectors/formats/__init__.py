"""From the bytes of a source to a table of text; one module a format."""
