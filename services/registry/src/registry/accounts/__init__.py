"""Accounts of persons and organisations, and who may see and change what is theirs."""
