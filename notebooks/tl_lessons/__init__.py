"""The lessons: a folder for each notebook, with all that belongs to it alone."""
