"""The only SQL: one file per aggregate; functions take a connection and return model values."""
