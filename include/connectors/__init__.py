"""Sources: files and REST APIs; one module a source kind."""
