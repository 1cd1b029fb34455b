"""An index that lies in Milvus, so that several machines answer from it."""
