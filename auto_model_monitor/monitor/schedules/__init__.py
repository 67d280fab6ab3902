"""When a monitor looks: intervals, cron expressions, and due times kept over restarts."""
