"""Checks that warn once, early, where a watch cannot match or reads what was not meant."""
