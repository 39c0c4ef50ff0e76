"""What belongs to the notebook ``start_here`` alone."""
