"""What a clinician sees of somebody's days: numbers, their definitions, pictures and words."""
