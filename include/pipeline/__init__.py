"""One function per stage, made of pure steps."""
