"""How often something may be done: rules, buckets that leak, delays that grow; in memory or in PostgreSQL."""
