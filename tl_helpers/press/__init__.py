"""The workshop of the course's authors. Nothing imports it."""
