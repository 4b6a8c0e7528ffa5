"""Identity of things: who may speak at the broker, brought there from the desired state in the database."""
