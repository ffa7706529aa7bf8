"""What is measured: `python -m bench` runs everything in one interleaved run and writes the report."""
