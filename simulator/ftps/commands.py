"""The commands of FTP that there are here, and why others are not."""

from __future__ import annotations

OFFERED = (
    *("AUTH", "PBSZ", "PROT", "USER", "PASS", "QUIT"),
    *("CWD", "XCWD", "CDUP", "XCUP", "PWD", "XPWD", "LIST", "NLST", "MLSD", "MLST", "SIZE", "MDTM", "STAT"),
    *("PASV", "EPSV", "TYPE", "STRU", "MODE", "REST", "ALLO", "RETR", "STOR", "DELE", "ABOR"),
    *("SYST", "FEAT", "OPTS", "HELP", "NOOP"),
)

_FOLDERS = "the folders are those of the channels, none can be made or removed"
_PASSIVE = "data connections are passive here; send PASV or EPSV"
_NAMES = "files cannot be renamed; write the file under the name that it is to have"

NOT_OFFERED = {
    "PORT": _PASSIVE,
    "EPRT": _PASSIVE,
    "MKD": _FOLDERS,
    "XMKD": _FOLDERS,
    "RMD": _FOLDERS,
    "XRMD": _FOLDERS,
    "RNFR": _NAMES,
    "RNTO": _NAMES,
    "APPE": "a file is one message and is written whole; send STOR",
    "STOU": "a file's name has a meaning here; send STOR with a name",
    "SITE": "there are no commands of this site's own",
    "MFMT": "the time of a message is when it was delivered",
    "REIN": "send USER again, or QUIT and connect anew",
    "ACCT": "user name and password are enough",
    "SMNT": "there is one tree of folders",
    "CCC": "the control connection stays protected by TLS",
}
"""Commands of FTP that this interface does not have, and what to do instead (assumed: DIT's own list is not public)."""
