"""The course's stored experiments: each module registers functions with ``results.study``."""
