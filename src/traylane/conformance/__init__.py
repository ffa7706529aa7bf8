"""The contract of the v2 API as checks that run against any server that speaks it."""
