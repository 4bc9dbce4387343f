"""Microsoft Entra ID: xlwings Server's check, and two that it leaves out.

It remembers a token that it found good for an hour, so one that ends meanwhile would open for longer than it says; and
it takes a token without an end.
"""

import time

from fastapi.exceptions import HTTPException
from xlwings_server.auth import entraid as theirs
from xlwings_server.models import User

CLOCKS_DIFFER = 60  # seconds that the clocks of Entra ID and of this machine may be apart
ENDED = "Auth error: the sign-in has expired; close the task pane and open it again"


async def validate_token(token_string: str) -> User:
    """The user of an Entra ID token; HTTPException 401 for one that is not good now."""
    user = await theirs.validate_token(token_string)
    ends = user.claims.get("exp")
    if not isinstance(ends, (int, float)) or ends + CLOCKS_DIFFER < time.time():
        raise HTTPException(status_code=401, detail=ENDED)
    return user
