"""From the broker into the database: decode, admit, store, and only then acknowledge."""
