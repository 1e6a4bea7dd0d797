"""DIT's FTPS interface: folders and files as another view of the same mailboxes.

Folders are documented by samples (VRAA, DIT integration instruction v1.09, 3.2.2, 4.2.2, 5.1.2); what is assumed about
them stands in ``schemas/dit/ftps.toml``. FTP itself is pyftpdlib's; what a command means is said here.
"""
