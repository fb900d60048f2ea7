"""Access, proofs of possession, encryption, proof of work."""
