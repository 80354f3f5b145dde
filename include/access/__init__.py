"""Who asks: the requestor, and what they may do."""
