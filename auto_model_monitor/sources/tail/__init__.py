"""Files and pipes that grow."""
