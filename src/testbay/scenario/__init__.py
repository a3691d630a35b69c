"""The scenario engine: verbs, checks, verdicts, events. It knows no OCPP version and no action."""
