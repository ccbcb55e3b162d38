"""Carries out Dockerfiles without a container engine: `python -m tools.images`.

It reads each Dockerfile's own steps, so it tests what an engine would build. Each stage is an
overlay over a stand-in for the base image, which is made from this machine's essential packages and
Python. It needs root on Debian or Ubuntu.
"""
