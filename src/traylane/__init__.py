"""Traylane."""
