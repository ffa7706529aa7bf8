"""The console: a door for people, beside the API."""
