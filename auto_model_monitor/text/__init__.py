"""Terminal output and the cleaners of foreign text."""
