"""Metrics that a Prometheus server has collected."""
