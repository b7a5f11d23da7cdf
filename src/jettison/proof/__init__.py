"""The proof: build before and after, measure both, and show that nothing else changed."""
