"""Exports for one kind of machine: the encoder in operations of its processor's library, on the same variables."""
