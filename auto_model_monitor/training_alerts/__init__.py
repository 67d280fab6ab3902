"""Rules over served trainings."""
