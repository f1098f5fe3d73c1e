"""The paper's questions about embeddings and layers, asked of models that two cores can train."""
