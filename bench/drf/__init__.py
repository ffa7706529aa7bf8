"""The baseline on Django REST framework."""
