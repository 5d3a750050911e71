"""Yunpu 云谱: every figure a government publishes opens to the records that make it."""
