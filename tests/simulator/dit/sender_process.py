"""Process that sends until it is killed and prints each message id after its commit; run by test_kill.py."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from tests.simulator.dit.setting import COLLECT, FIRST, SECOND, WHOLE, item, listing, setting


def main(stylesheets: Path, data: Path) -> None:
    large = b'<Item xmlns="urn:t">' + b"<N>1</N>" * 40_000 + b"</Item>"  # over 256 KiB: a file beside the database
    with setting(stylesheets, data, message_bytes=1_000_000) as net:
        print("ready", flush=True)
        for number in itertools.count():
            if number % 5 == 4:
                identifier = net.send("owner", WHOLE, listing(FIRST, SECOND, number=number))
            elif number % 5 == 2:
                identifier = net.send("first", COLLECT, large + f"<!--{data} {number} {id(net)}-->".encode())
            else:
                identifier = net.send("second", COLLECT, item(number))
            print(identifier, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
