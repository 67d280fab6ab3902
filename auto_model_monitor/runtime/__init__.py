"""What a watch needs of its process: the run log, its start and end, time-outs, forks."""
