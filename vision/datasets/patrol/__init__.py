"""Patrol videos out of labelled photos, with the truth about every problem in them."""
