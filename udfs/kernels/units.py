"""The numbers between one unit and another, each once: named ``THIS_PER_THAT``, floats unless they count steps.

A year has 8,760 hours and a month 730, a twelfth of it; prefixes are decimal (1 kB is 1,000 bytes).
"""

from __future__ import annotations

# time
SECONDS_PER_HOUR = 3600.0
HOURS_PER_YEAR = 8760.0
HOURS_PER_MONTH = 730.0  # HOURS_PER_YEAR / MONTHS_PER_YEAR
MONTHS_PER_YEAR = 12  # an int: it counts periods
DAYS_PER_YEAR = 365.0  # as the 8,760 hours, and as Excel's XNPV and XIRR
MS_PER_S = 1000.0

# tokens
TOKENS_PER_MTOK = 1e6
MTOK_PER_HOUR = SECONDS_PER_HOUR / TOKENS_PER_MTOK  # 0.0036 Mtok in an hour, at one token a second
TOKENS_PER_KTOK = 1e3

# power
WATTS_PER_KW = 1000.0
KW_PER_MW = 1000.0

# memory and models
BITS_PER_BYTE = 8.0
BYTES_PER_KB = 1e3
BYTES_PER_TB = 1e12
GB_PER_TB = 1000.0
KB_PER_GB = 1e6
PARAMS_PER_BN = 1e9

# hardware
GPUS_PER_RACK = 72.0  # NVL72, the default of what is asked per rack
