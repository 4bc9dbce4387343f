"""The workbooks we write and the workbooks we mend."""
