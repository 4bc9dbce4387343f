"""Scripts that the task pane may run on the open workbook."""
