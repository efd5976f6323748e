"""Health benefits that the state pays back, allotted to the members they belong to; the rest waits in suspense."""
