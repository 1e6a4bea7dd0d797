"""DIT's FTPS interface: folders and files as another view of the same mailboxes.

Folders are documented by samples (VRAA, DIT integration instruction v1.09, 3.2.2, 4.2.2, 5.1.2); what is assumed about
them is in ``schemas/dit/ftps.toml``. pyftpdlib implements FTP; the modules here implement the commands.
"""
