"""What a watch needs from its process: run log, start and stop, timeouts, fork safety."""
