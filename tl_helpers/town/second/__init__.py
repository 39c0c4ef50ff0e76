"""Ondalese, the town's second language; see the datasheet ``data/town.md``."""
