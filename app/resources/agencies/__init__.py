"""Space agencies, companies and institutes."""
