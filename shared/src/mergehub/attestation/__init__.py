"""Signed statements about models: in-toto statements with SLSA provenance in DSSE envelopes."""
