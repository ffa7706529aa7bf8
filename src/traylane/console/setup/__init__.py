"""The set-up in the console: one module for each kind of page."""
