"""The trash: records that were deleted and can be restored."""
