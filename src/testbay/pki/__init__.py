"""The laboratory: keys, certificates with every flaw, hash data, and signatures of firmware."""
