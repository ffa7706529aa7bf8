"""Traylane: the order desk of an optical laboratory as a service."""

__version__ = "0.1.0"
