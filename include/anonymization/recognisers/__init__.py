"""What values that name a person look like, and the check digits that they carry."""
