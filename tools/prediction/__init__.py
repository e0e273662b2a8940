"""Asking a trained network about new pictures."""
