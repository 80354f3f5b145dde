"""What people do with collections and datasets, each authorised; the API, the terminal and the demo call these."""
