"""LibreOffice Calc: Basic wrappers in the user's profile that ask a helper process of this Python for the values.

``protocol`` bytes between the two, ``helper`` the process, ``wrappers`` the generated Basic, ``profile`` where it goes.
"""
