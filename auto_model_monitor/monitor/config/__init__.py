"""The settings of a watch, their one description, and their checks."""
