"""Names, tables and marks of our own workbooks, each written once: a room that looks for one takes it from here.

Plain constants without imports, so that every room and the code inside a workbook can use them.
"""

# --- names and tables ----------------------------------------------------------------------------------------------

MASTER_CHECK = "check_master"  # the cell that sums up all checks
CHECK_TOLERANCE = "check_tolerance"
BASELINE_TABLE = "BaselineTable"
BASELINE_KEY = "Key"  # its column of catalogue ids
LOG_TABLE = "ChangeLog"
BINDING_PREFIX = "_tokenbook."  # of the names that tie cells to the catalogue
FROZEN_PREFIX = "_tb_frozen_"  # of the names of a workbook whose calls of our functions are values for now
EXCEL_PREFIX = "_xlnm."  # of the names that Excel keeps for itself: print areas, filters
PRINT_AREA = f"{EXCEL_PREFIX}Print_Area"
NOT_IN_FORMULAS = (EXCEL_PREFIX, BINDING_PREFIX)  # how names begin that no formula uses

# --- sheets --------------------------------------------------------------------------------------------------------

INPUTS, BASELINES, CHECKS = "Inputs", "Baselines", "Checks"

# --- the Checks sheet ----------------------------------------------------------------------------------------------

CHECK_COLUMNS = range(1, 6)
CHECK_LABEL, CHECK_THIS, CHECK_OTHER, CHECK_DIFFERENCE, CHECK_VERDICT = CHECK_COLUMNS
ALL_CHECKS = "All checks"  # the label of the master check
OK, FAILED = "OK", "CHECK"
NO_ADDIN = "no add-in"  # what stands where one of our functions would, on a machine without it
OK_WITHOUT_ADDIN = f"{OK}, {NO_ADDIN}"  # the master check, where only our functions are missing
PASSED = (OK, NO_ADDIN)

# --- the Inputs sheet ----------------------------------------------------------------------------------------------

STATUS = "Status"  # title of the column that compares an input with its baseline
OVERRIDE, BASELINE = "override", "baseline"  # what stands there
