"""The room of what is shown: values, tables, charts and words."""
