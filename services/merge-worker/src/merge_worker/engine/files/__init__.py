"""Files that strangers made: safetensors, JSON, folders; read strictly and within bounds."""
