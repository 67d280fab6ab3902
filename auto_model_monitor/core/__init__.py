"""The values that everything else is made of: readings, alerts, messages and the errors."""
