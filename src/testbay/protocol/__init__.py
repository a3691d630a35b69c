"""The OCPP-J protocol without I/O: frames, schemas, versions and the RPC connection."""
