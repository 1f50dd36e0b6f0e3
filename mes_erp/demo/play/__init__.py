"""Plays the plan: every document and event goes through the services that users go through."""
