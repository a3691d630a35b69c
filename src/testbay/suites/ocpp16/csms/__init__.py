"""The cases of chapter 3 of the document: a CSMS is under test."""
