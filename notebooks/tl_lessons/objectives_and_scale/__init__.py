"""What belongs to the notebook ``objectives_and_scale`` alone."""
