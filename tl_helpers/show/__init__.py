"""Pictures and explorers."""
