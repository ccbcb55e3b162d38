"""What the OpenAPI document says beyond what FastAPI makes of the routes."""
