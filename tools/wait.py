"""Wait until a moment, given in seconds since 1970; one that is past is over at once, one that is far is refused.

python tools/wait.py 1790000000
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

# A runner that waits is paid for; whoever asks for a publication asks a quarter of an hour ahead.
LONGEST_SECONDS = 45 * 60
MISUSED = 2


def main(
    arguments: list[str], now: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Wait, and say how long."""
    try:
        moment = int(arguments[0])
    except (ValueError, IndexError):
        print("wait: give a moment in whole seconds since 1970, like 1790000000", file=sys.stderr)
        return MISUSED
    left = moment - now()
    if left > LONGEST_SECONDS:
        print(f"wait: that is {left / 60:.0f} minutes ahead, and no runner waits longer than 45", file=sys.stderr)
        return 1
    print(f"Waiting {max(0.0, left):.0f} s …", flush=True)
    while (left := moment - now()) > 0:
        sleep(left)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
