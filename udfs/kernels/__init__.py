"""Pure numpy kernels: arrays in, arrays out.

No Excel, no I/O, no pandas, no global state. The leading axes are scenarios, the last axis is time.
A row without an answer is ``nan``; what that means in a cell is the business of ``tokenbook.udfs.functions``.
"""
