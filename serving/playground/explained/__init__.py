"""What is explained of each kind of model: a file a head."""
