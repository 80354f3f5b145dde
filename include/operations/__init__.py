"""What people do with the platform: the use cases that the REST interface and the terminal share."""
