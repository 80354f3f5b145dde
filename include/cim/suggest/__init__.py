"""Suggestions: which CIM fields the columns of a file may fill, how sure that is, and why."""
