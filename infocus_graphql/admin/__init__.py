"""The data browser at `/admin`, for staff: every table to look at, few columns to edit, no secrets."""
