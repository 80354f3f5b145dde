"""From a sample to what it is: format, dialect, tables, columns and times."""
