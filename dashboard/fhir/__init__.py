"""FHIR R4 for programs: what the tables hold as resources, searched and paged; read only."""
