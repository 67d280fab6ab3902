"""Delivery: the outbox stores each message before it is sent; the queue runs one worker per notifier."""
