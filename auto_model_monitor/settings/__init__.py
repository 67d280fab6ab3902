"""Configuration files, command-line options and notifier URLs, made into parts."""
