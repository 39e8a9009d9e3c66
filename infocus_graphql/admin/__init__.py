"""The data browser at `/admin` for staff: selected tables, few editable columns, no secrets."""
