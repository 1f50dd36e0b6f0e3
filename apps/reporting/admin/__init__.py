"""No lists of its own: the home page of the admin."""
