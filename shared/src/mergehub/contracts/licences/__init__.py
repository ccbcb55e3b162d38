"""The licences of models: their identifiers, and what they demand of derived models."""
