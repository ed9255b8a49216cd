"""Loops beside the API."""
