"""Assessments: how far they are, and their report."""
