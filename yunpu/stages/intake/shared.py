"""Formats of the shared identities (基础信息), which stand below the stages and so cannot declare them."""
