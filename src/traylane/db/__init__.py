"""Two engines, one face: `connect.database(url)` gives either; nothing above this package asks which it is."""
