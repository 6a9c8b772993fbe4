"""The room of proof: what can be checked of a book, and how it says so."""
