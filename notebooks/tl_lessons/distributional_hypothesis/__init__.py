"""What belongs to the notebook ``distributional_hypothesis`` alone."""
