"""Bearer tokens from a file: a token a line, the user's name after a space. The file is read anew when it changes."""

import hmac
import os
from functools import lru_cache
from pathlib import Path

from fastapi.exceptions import HTTPException
from xlwings_server.models import User

from tokenbook.addin.server.settings import read_tokens

REFUSED = "Sign in: this server wants a token. Paste the one your administrator gave you into the task pane."


async def validate_token(token_string: str) -> User:
    """The user of a token, compared in constant time."""
    given = token_string.removeprefix("Bearer ").strip().encode()
    path = Path(os.environ["TOKENBOOK_TOKEN_FILE"])
    user = None
    for token, name in _tokens(path, path.stat().st_mtime_ns):
        if hmac.compare_digest(token.encode(), given):
            user = name
    if user is None:
        raise HTTPException(status_code=401, detail=REFUSED)
    return User(id=user, name=user)


@lru_cache(maxsize=2)
def _tokens(path: Path, _changed: int):
    return read_tokens(path)
