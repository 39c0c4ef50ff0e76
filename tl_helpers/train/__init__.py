"""Training: the loop, and what it is used for."""
