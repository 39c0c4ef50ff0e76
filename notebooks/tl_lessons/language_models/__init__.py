"""What belongs to the notebook ``language_models`` alone."""
