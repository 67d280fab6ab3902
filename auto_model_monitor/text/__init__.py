"""Terminal output, and every cleaner of foreign text."""
