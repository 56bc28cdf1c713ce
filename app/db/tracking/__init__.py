"""Steps that run with every write; `app.resources.write_steps` lists them in order."""
