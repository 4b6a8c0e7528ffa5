"""The pages: server-rendered, live where scripts run, useful where they do not."""
