"""One copy of a rule for each model and group, and the windows that it judges."""
