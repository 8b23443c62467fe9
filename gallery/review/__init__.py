"""What to look at next over all queues of the desk, and what the last hour of it was worth."""
