"""Accounts of persons and organisations, and who may see and change what they own."""
