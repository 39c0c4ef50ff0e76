"""What belongs to the notebook ``contextual_representations`` alone."""
