"""Any workbook as a function: scenarios set its input cells, the engine calculates, named outputs are collected.

scenarios.read     a table of scenarios, its columns checked against the workbook
evaluator          one workbook in the engine
parts              what is finished so far, on disk
schedule           chunks over this process, local processes or a Dask cluster
run                all of it together
"""
