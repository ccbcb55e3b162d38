"""Reads files that strangers made (safetensors, JSON, folders) strictly and within limits."""
