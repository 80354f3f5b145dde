"""How a source's bytes are to be read, as the owner writes it; one module a format."""
