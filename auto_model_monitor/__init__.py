"""Reads the scores in checkpoint names and mails you, once, when one of them matters."""
