"""Tests that share one hub, which ends with the last of them: an idle hub polls."""
