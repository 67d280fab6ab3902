"""What every room of the API builds on: the framework's names, JSON and problem documents."""
