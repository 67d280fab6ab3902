"""From an alert to the people: the outbox, the queue and one worker a channel."""
