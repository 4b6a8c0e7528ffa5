"""Days and findings of residents for the records of others: composed as openEHR, sent once by a connector."""
