"""Filling output tensors on a CUDA device, bit for bit as the CPU does."""
