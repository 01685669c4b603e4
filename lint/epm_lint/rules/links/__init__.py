"""Rules for links, references and files."""
