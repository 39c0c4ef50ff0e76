"""Scores, intervals, claims, stored results."""
