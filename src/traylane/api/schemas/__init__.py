"""The wire shapes beside the order itself: bodies that come in, and answers that go out. Wire names live only here."""
