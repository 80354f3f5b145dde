"""What a collection is: its steps, versions and life cycle; YAML in and out."""
